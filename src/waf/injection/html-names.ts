/** Which tags, attributes and URLs of HTML run a script, or load what does. Our own lists. */

const setOf = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Never in what a visitor may write, with attributes or without. */
const TAGS = setOf('script iframe applet style noscript isindex import vmlframe xss frameset');
const TAG_PREFIXES = ['svg', 'xsl'];
/** Names that prose and code use too (`List<Object>`, `<link>`): they need an attribute to act. */
const TAGS_WITH_ATTRIBUTES = setOf(
  'object embed frame base link meta portal fencedframe bgsound handler listener xml layer ilayer',
);

/** `x:script` in a document with a namespace is a script. */
const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** `name` in lower case. */
export function isDangerousTag(name: string): boolean {
  const local = localName(name);
  return TAGS.has(local) || TAG_PREFIXES.some((p) => name.startsWith(p) || local.startsWith(p));
}
export const isDangerousWithAttributes = (name: string): boolean =>
  TAGS_WITH_ATTRIBUTES.has(localName(name));

const EVENTS =
  setOf(`abort activate afterprint afterscriptexecute afterupdate auxclick blocked blur bounce
  cancel canplay canplaythrough cellchange change click close command compassneedscalibration
  contextlost contextmenu contextrestored contentvisibilityautostatechange controlselect copy
  cuechange cut dataavailable datasetchanged datasetcomplete dblclick deactivate drop durationchange
  emptied encrypted ended error errorupdate filterchange finish focus focusin focusout formchange
  formdata forminput gotpointercapture hashchange help input invalid languagechange layoutcomplete
  load loadeddata loadedmetadata loadend loadstart losecapture lostpointercapture mark message
  messageerror move moveend movestart navigate offline open orientationchange outofsync page pagehide
  pageshow paste pause play playing popstate popup popuphidden popupshowing progress propertychange ratechange
  readystatechange rejectionhandled reset resize resizeend resizestart resume rowenter rowexit
  rowinserted rowsdelete scroll scrollend scrollsnapchange scrollsnapchanging search seeked seeking
  securitypolicyviolation seeksegmenttime select selectionchange selectstart show slotchange stalled start
  stop storage submit suspend synchrestored timeerror timeupdate toggle trackchange
  unhandledrejection unload urlflip volumechange waiting wheel zoom`);
const EVENT_FAMILY =
  /^on(?:animation|before|device|drag|fullscreen|gamepad|gesture|key|mouse|ms|pointer|touch|transition|webkit|moz)[a-z]{2,}/;
const SHORTEST_EVENT_CHARS = 3;
const NO_EVENTS = setOf('online ongoing onboard onboarding onsite onset onward onwards');

/**
 * An event handler: `on` and an event. `inTag`: a tag was seen, so the name is an attribute for
 * sure and any event counts, since new ones appear every year. Otherwise it may be a word of
 * somebody's sentence or code, and only events that we know count.
 */
export function isEvent(name: string, inTag: boolean): boolean {
  if (!name.startsWith('on') || name.length < 2 + SHORTEST_EVENT_CHARS) return false;
  if (inTag) return /^on[a-z][a-z0-9_:-]*$/.test(name) && !NO_EVENTS.has(name);
  return EVENTS.has(name.slice(2)) || EVENT_FAMILY.test(name);
}

const URL_ATTRIBUTES =
  setOf(`href src action formaction data background poster lowsrc dynsrc longdesc
  from to by values codebase code cite classid profile usemap manifest icon ping archive content
  folder url`);
/** Attributes that hold a document, or bind one. */
const ALWAYS = setOf('srcdoc datasrc dataformatas datafld');

export type AttributeKind = 'harmless' | 'always' | 'url' | 'style' | 'namespace' | 'animated';

export function attributeKind(name: string): AttributeKind {
  if (ALWAYS.has(name)) return 'always';
  if (name === 'style' || name === 'filter') return 'style';
  if (name === 'attributename') return 'animated';
  if (name === 'xmlns' || name.startsWith('xmlns:')) return 'namespace';
  return URL_ATTRIBUTES.has(localName(name)) ? 'url' : 'harmless';
}

/** What a style can do beyond looks. In lower case, without escapes or comments. */
export const STYLE_DANGERS =
  /expression\s*\(|javascript|vbscript|behaviou?r\s*:|-moz-binding|@import|data\s*:\s*text/;

const SCRIPT_SCHEMES = [
  'javascript:',
  'vbscript:',
  'livescript:',
  'mocha:',
  'view-source:',
  'jscript:',
];
/** Data that a browser shows or plays, and never runs. */
const SAFE_DATA = /^data:(?:image\/(?:png|gif|jpe?g|webp|avif|bmp|x-icon)|audio\/|video\/|font\/)/;
/** `url` in lower case, decoded, without blanks. */
export const isScriptUrl = (url: string): boolean =>
  SCRIPT_SCHEMES.some((s) => url.startsWith(s)) ||
  (url.startsWith('data:') && !SAFE_DATA.test(url));

/** What makes a comment more than one: conditional ones, declarations inside. */
export const COMMENT_DANGERS = /\[if|\[endif|^import|<!entity|^xml/i;
