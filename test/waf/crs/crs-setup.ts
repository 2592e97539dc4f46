/** What the Core Rule Set's own regression tests take for granted, as SecLang. */

/** Everything is found, nothing is refused, and every paranoia level counts. */
export const SUITE_SETUP = `SecAction "id:900005,phase:1,nolog,pass,t:none,\\
ctl:ruleEngine=DetectionOnly,\\
setvar:tx.blocking_paranoia_level=4,\\
setvar:tx.crs_validate_utf8_encoding=1,\\
setvar:tx.arg_name_length=100,\\
setvar:tx.arg_length=400,\\
setvar:tx.total_arg_length=64000,\\
setvar:tx.max_num_args=255,\\
setvar:tx.max_file_size=64100,\\
setvar:tx.combined_file_sizes=65535"`;

/** For a shop with a REST interface: paranoia level 1 as it comes, and the methods that it uses. */
export const SHOP_SETUP = `SecAction "id:900200,phase:1,nolog,pass,t:none,\\
setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'"`;
