/** SQL's words, over all common dialects, by the part they play. Our own list; order is of no weight. */
import { SYM } from './symbols.ts';

const LISTS: readonly (readonly [number, string])[] = [
  [SYM.select, 'select'],
  [
    SYM.statement,
    `insert update delete drop create alter truncate replace merge call exec execute declare
    shutdown backup restore grant revoke handler load copy kill deallocate prepare rename lock
    values attach detach pragma vacuum explain describe show begin commit rollback reconfigure
    dbcc deny openrowset analyze analyse reindex`,
  ],
  [SYM.union, 'union intersect except minus'],
  [SYM.tail, 'having limit fetch returning rlimit'],
  [
    SYM.keyword,
    `from where into table database schema view index trigger procedure set case when then else end
    join inner outer cross natural left right full on using with recursive while if for
    offset rows dual column add user login role password outfile dumpfile print goto go return
     escape interval over asc desc window qualify lateral`,
  ],
  [SYM.alias, 'as'],
  [SYM.collate, 'collate'],
  [
    SYM.modifier,
    `all distinct distinctrow top high_priority low_priority delayed ignore quick straight_join
    sql_calc_found_rows sql_no_cache sql_cache sql_small_result sql_big_result sql_buffer_result
    unique`,
  ],
  [SYM.logic, 'and or xor'],
  [SYM.not, 'not'],
  [SYM.operator, 'div mod binary'],
  [SYM.wordCompare, 'like rlike ilike regexp glob match in is between'],
  [SYM.postfix, 'isnull notnull'],
  [SYM.number, 'null'],
  [SYM.truth, 'true false'],
  [
    SYM.call,
    `abs acos ascii asin atan avg bin bin_trim bit_and bit_or bit_xor bit_length cast ceil ceiling char
    char_length character_length charindex chr coalesce collation compress concat concat_ws
    connection_id conv convert cos cot count crc32 curdate current_database current_date
    current_schema current_time current_timestamp current_user curtime database date date_add
    date_format date_sub datediff day db_id db_name decode degrees elt encode exists exp
    export_set extract field find_in_set floor format from_base64 from_days from_unixtime getdate
    glob greatest group_concat hex host_name hour if ifnull iif initcap insert instr int isnull
    json_array json_extract json_object json_value last_insert_id lcase least left len length ln
    locate log log10 log2 lower lpad ltrim make_set max md5 mid min minute mod month now nullif nvl
    object_id oct octet_length ord password patindex pi position pow power quote quotename radians
    rand random rawtohex regexp_replace repeat replace reverse right round row row_count
    row_number rpad rtrim schema schema_name second session_user sha sha1 sha2 sign sin soundex
    space sqlite_version sqrt std stddev strcmp string_agg stuff substr substring
    substring_index sum suser_name suser_sname sysdate system_user tan to_base64 to_char to_date
    to_hex to_number trim truncate typeof ucase unhex unicode unix_timestamp upper user user_id
    user_name uuid values variance version weekday year varchar nvarchar varbinary decimal
    numeric float any some all likely unlikely likelihood json json_valid json_array_length
    json_type json_quote json_each json_search json_keys json_contains json_length json_set
    json_build_object to_json row_to_json array_to_string string_to_array unnest starts_with
    left_pad iif choose try_cast try_convert translate overlay normalize unistr quote_literal
    quote_ident split_part regexp_substr regexp_count printf total changes hash compress
    uncompress des_encrypt aes_encrypt aes_decrypt sqlite_compileoption_used
    sqlite_compileoption_get generate_series array_agg listagg xmlelement nchar isnumeric
    datepart datename host_id object_name col_name parsename is_srvrolemember serverproperty
    suser_id current_role pg_backend_pid pg_typeof inet_server_addr convert_from`,
  ],
  [
    SYM.strikeCall,
    `sleep benchmark pg_sleep pg_sleep_for load_file extractvalue updatexml xmltype randomblob zeroblob
    load_extension gtid_subset gtid_subtract pg_read_file pg_read_binary_file pg_ls_dir
    pg_stat_file pg_current_logfile lo_import lo_export lo_get dblink dblink_connect query_to_xml
    database_to_xml table_to_xml sys_eval sys_exec sys_get openrowset opendatasource openquery
    name_const geometrycollection multipoint polygon multipolygon linestring multilinestring
    st_latfromgeohash st_longfromgeohash st_pointfromgeohash procedure_analyse get_lock
    release_lock is_free_lock is_used_lock master_pos_wait current_setting set_config
    fn_listextendedproperty fn_xe_file_target_read_file
    fn_get_audit_file fn_trace_gettable httpuritype make_set_load file_read writefile readfile
    edit sys_context json_storage_free uuid_to_bin hibernate_sleep waitfor_delay`,
  ],
];

/** Two words that make one; the second word is looked at only after such a first one. */
const PAIRS: readonly (readonly [string, string, number])[] = [
  ['union', 'all distinct', SYM.union],
  ['intersect', 'all', SYM.union],
  ['except', 'all', SYM.union],
  ['order', 'by siblings', SYM.clause],
  ['group', 'by', SYM.clause],
  ['procedure', 'analyse analyze', SYM.wait],
  ['into', 'outfile dumpfile', SYM.wait],
  ['is', 'not distinct', SYM.wordCompare],
  ['not', 'like rlike ilike regexp glob in between similar', SYM.wordCompare],
  ['sounds', 'like', SYM.wordCompare],
  ['similar', 'to', SYM.wordCompare],
  ['waitfor', 'delay time', SYM.wait],
  ['insert', 'into ignore', SYM.statement],
  ['merge', 'into', SYM.statement],
  ['replace', 'into', SYM.statement],
  ['case', 'when', SYM.keyword],
  ['at', 'time', SYM.operator],
];
const PAIRS_BY_FIRST = new Map<string, Map<string, number>>();
for (const [first, seconds, symbol] of PAIRS) {
  const of = PAIRS_BY_FIRST.get(first) ?? new Map<string, number>();
  PAIRS_BY_FIRST.set(first, of);
  for (const second of seconds.split(' ')) of.set(second, symbol);
}

export type Word = Readonly<{
  text: string;
  /** What it is by itself; a plain name when it means something only before a parenthesis. */
  symbol: number;
  /** What it is right before a parenthesis, 0 when that changes nothing. */
  before: number;
  pairs: Map<string, number> | undefined;
}>;

/** FNV-1a over lower-cased bytes; the lexer computes it on its way through a word. */
export const HASH_START = 0x811c9dc5 | 0;
export const hashStep = (hash: number, code: number): number =>
  Math.imul(hash ^ (code >= 65 && code <= 90 ? code | 32 : code), 0x01000193);

const hashOf = (text: string): number => {
  let hash = HASH_START;
  for (let i = 0; i < text.length; i++) hash = hashStep(hash, text.charCodeAt(i));
  return hash;
};

function buildWords(): Map<number, Word> {
  const symbols = new Map<string, { symbol: number; before: number }>();
  for (const [symbol, list] of LISTS) {
    const isCall = symbol === SYM.call || symbol === SYM.strikeCall;
    for (const text of list.trim().split(/\s+/)) {
      const known = symbols.get(text) ?? { symbol: SYM.name, before: 0 };
      symbols.set(text, isCall ? { ...known, before: symbol } : { ...known, symbol });
    }
  }
  for (const text of PAIRS_BY_FIRST.keys())
    if (!symbols.has(text)) symbols.set(text, { symbol: SYM.name, before: 0 });
  const words = new Map<number, Word>();
  for (const [text, { symbol, before }] of symbols)
    words.set(hashOf(text), { text, symbol, before, pairs: PAIRS_BY_FIRST.get(text) });
  if (words.size !== symbols.size) throw new Error('two SQL words share a hash');
  return words;
}
export const WORDS: ReadonlyMap<number, Word> = buildWords();
export const LONGEST_WORD_CHARS = 32;
