#!/usr/bin/env node
// Plain and old-fashioned on purpose: it must run, and refuse politely, on any Node.
var supported = '22.19, 24.11 or 26';
var parts = process.versions.node.split('.').map(Number);
var fits =
  (parts[0] === 22 && parts[1] >= 19) || (parts[0] === 24 && parts[1] >= 11) || parts[0] >= 26;
if (!fits) {
  console.error(
    'zonegate needs Node ' +
      supported +
      ' or newer in those lines; this is ' +
      process.versions.node +
      '.',
  );
  process.exit(1);
}
import('../dist/cli/main.js')
  .then((cli) => cli.main(process.argv.slice(2)))
  .then((code) => {
    // A pipe may still have to take what was written: ends after that.
    process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
  });
