// Programs that tests run, by the environment variable that tells a test the path. Who has one
// somewhere else sets the variable. Without an optional one the run goes on.
export const PROGRAMS = [
  {
    variable: 'REDIS_SERVER',
    names: ['redis-server', 'valkey-server'],
    asks: ['--version'],
    debian: ['redis-server', 'redis-tools'],
    // One program under two names: which one it is called by decides what it does.
    paths: ['usr/bin/redis-check-rdb', 'usr/bin/redis-server'],
    brew: 'valkey',
  },
  {
    variable: 'GIT',
    names: ['git'],
    asks: ['--version'],
    debian: ['git'],
    paths: ['usr/bin/git'],
    env: (root) => ({
      GIT_EXEC_PATH: `${root}/usr/lib/git-core`,
      GIT_TEMPLATE_DIR: `${root}/usr/share/git-core/templates`,
    }),
    brew: 'git',
  },
  {
    variable: 'CURL',
    names: ['curl'],
    asks: ['--version'],
    debian: ['curl'],
    paths: ['usr/bin/curl'],
    brew: 'curl',
  },
  {
    variable: 'OPENSSL',
    names: ['openssl'],
    asks: ['version'],
    debian: ['openssl'],
    paths: ['usr/bin/openssl'],
    brew: 'openssl@3',
  },
  {
    variable: 'LITMUS',
    names: ['litmus'],
    asks: ['--version'],
    debian: ['litmus'],
    paths: ['usr/bin/litmus'],
    env: (root) => ({
      HTDOCS: `${root}/usr/share/litmus/htdocs`,
      TESTROOT: `${root}/usr/libexec/litmus`,
    }),
    from: 'https://github.com/notroj/litmus',
  },
  {
    variable: 'HTTPD',
    // Debian keeps it out of the path of ordinary users.
    names: ['apache2', 'httpd', '/usr/sbin/apache2', '/usr/sbin/httpd'],
    asks: ['-v'],
    debian: ['apache2-bin'],
    paths: ['usr/sbin/apache2'],
    brew: 'httpd',
  },
  {
    variable: 'SLOWHTTPTEST',
    names: ['slowhttptest'],
    asks: ['-h'],
    exits: 1,
    debian: ['slowhttptest'],
    paths: ['usr/bin/slowhttptest'],
    brew: 'slowhttptest',
  },
  {
    variable: 'SQLMAP',
    names: ['sqlmap'],
    asks: ['--version'],
    debian: ['sqlmap'],
    // A Python script: it runs with the system's own python3, and not without.
    paths: ['usr/bin/sqlmap'],
    brew: 'sqlmap',
    // The tests that need it skip themselves, and say so.
    optional: true,
  },
];
