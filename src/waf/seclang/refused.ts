const KEPT = 'setvar on tx: nothing here outlives a request';
const RATES = 'a rate limit of the policy';
const MASKS = 'nothing: matched values are masked by the policy';

/** Actions of ModSecurity that this firewall does not carry out, in lower case, and what to write. */
export const REFUSED_ACTIONS: ReadonlyMap<string, string> = new Map([
  ['skip', 'skipAfter and a SecMarker'],
  ['redirect', 'deny with a status'],
  ['proxy', 'deny with a status'],
  ['pause', RATES],
  ['expirevar', KEPT],
  ['deprecatevar', KEPT],
  ['setsid', KEPT],
  ['setuid', KEPT],
  ['setrsc', KEPT],
  ['setenv', 'setvar on tx'],
  ['exec', 'nothing: rules start no program'],
  ['append', 'nothing: rules change no answer'],
  ['prepend', 'nothing: rules change no answer'],
  ['xmlns', 'nothing: only XML:/* and XML://@* are read'],
  ['sanitisearg', MASKS],
  ['sanitisematched', MASKS],
  ['sanitisematchedbytes', MASKS],
  ['sanitiserequestheader', MASKS],
  ['sanitiseresponseheader', MASKS],
  ['sanitizearg', MASKS],
  ['sanitizematched', MASKS],
  ['sanitizematchedbytes', MASKS],
  ['sanitizerequestheader', MASKS],
  ['sanitizeresponseheader', MASKS],
]);

const LOOKUP = 'nothing: rules ask nobody else';

/** Operators of the same kind. */
export const REFUSED_OPERATORS: ReadonlyMap<string, string> = new Map([
  ['nomatch', 'no rule: this one never hits'],
  ['rxglobal', '@rx'],
  ['geolookup', 'the variable COUNTRY'],
  ['rbl', LOOKUP],
  ['gsblookup', LOOKUP],
  ['inspectfile', LOOKUP],
  ['fuzzyhash', LOOKUP],
  ['pmfromdataset', '@pmFromFile'],
  ['ipmatchfromdataset', '@ipMatchFromFile'],
  ['verifycc', '@rx'],
  ['verifycpf', '@rx'],
  ['verifyssn', '@rx'],
  ['verifysvnr', '@rx'],
  ['rsub', 'nothing: rules change no text'],
  ['validatedtd', 'nothing: no schema is read'],
  ['validateschema', 'nothing: no schema is read'],
  ['validatehash', 'nothing: no hashes are written'],
]);
