/** libmodsecurity's settings around the Core Rule Set; for the benchmark, and for the tests' peer. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface RuleSetup {
  /** The folder of the Core Rule Set: rules, crs-setup.conf.example. */
  readonly crs: string;
  readonly engine: 'DetectionOnly' | 'On';
  /** Directives behind crs-setup.conf and ahead of the rules. */
  readonly setup: string;
  /** Of JSON lines, one for each request; null for none. */
  readonly auditLog: string | null;
  /** The module's Unicode map; null where there is none. */
  readonly unicodeMap: string | null;
}

/** As ModSecurity's recommended settings are, but for paths and the log. */
export const modsecurityRules = ({ crs, engine, setup, auditLog, unicodeMap }: RuleSetup): string =>
  `SecRuleEngine ${engine}
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 512
SecArgumentsLimit 1000
SecPcreMatchLimit 1000
SecPcreMatchLimitRecursion 1000
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial
SecArgumentSeparator &
SecCookieFormat 0
SecStatusEngine Off
SecTmpDir /tmp/
SecDataDir /tmp/
${unicodeMap === null ? '' : `SecUnicodeMapFile ${unicodeMap} 20127`}
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+[+])?json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.',logdata:'%{reqbody_error_msg}',severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400,msg:'Multipart request body failed strict validation'"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:200004,phase:2,t:none,log,deny,msg:'Multipart parser detected a possible unmatched boundary.'"
${auditLog === null ? 'SecAuditEngine Off' : `SecAuditEngine On\nSecAuditLogFormat JSON\nSecAuditLogParts ABHZ\nSecAuditLogType Serial\nSecAuditLog ${auditLog}`}
Include ${join(crs, 'crs-setup.conf.example')}
${setup}
Include ${join(crs, 'rules')}/*.conf
`;

/** The module's package brings it; without it `%uXXXX` is decoded otherwise. null when there is none. */
export function unicodeMapOf(program: string): string | null {
  const fetched = join(dirname(dirname(program)), 'root', 'etc/nginx/unicode.mapping');
  return [fetched, '/etc/nginx/unicode.mapping'].find((file) => existsSync(file)) ?? null;
}
