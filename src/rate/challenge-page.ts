/**
 * The page of a challenge by script. It needs nothing but itself: the script is the same for everybody, so
 * its hash can stand in the policy, and what differs stands in attributes. SHA-256 is written out,
 * for browsers offer theirs on https only; its constants are the roots of the first primes (FIPS 180-4).
 * What looks like a clock and a timer here is the browser's.
 */
import { createHash } from 'node:crypto';

const SCRIPT = [
  '(function(){',
  '"use strict";',
  'var box=document.getElementById("c"),d=box.dataset,bits=+d.bits,n=0,k=[],h0=[],p=2,i;',
  'function root(x,e){var r=Math.pow(x,e);return (r-Math.floor(r))*4294967296|0}',
  'for(;k.length<64;p++){for(i=2;i*i<=p&&p%i;i++);if(i*i>p){if(h0.length<8)h0.push(root(p,1/2));k.push(root(p,1/3))}}',
  'var w=new Int32Array(64);',
  'function rot(x,s){return x>>>s|x<<32-s}',
  'function block(h,m,at){',
  'var i,a=h[0],b=h[1],c=h[2],e=h[4],f=h[5],g=h[6],dd=h[3],hh=h[7],s,t,u;',
  'for(i=0;i<16;i++)w[i]=m[at+i];',
  'for(;i<64;i++){s=w[i-15];t=w[i-2];w[i]=w[i-16]+w[i-7]+(rot(s,7)^rot(s,18)^s>>>3)+(rot(t,17)^rot(t,19)^t>>>10)}',
  'for(i=0;i<64;i++){',
  't=hh+(rot(e,6)^rot(e,11)^rot(e,25))+(e&f^~e&g)+k[i]+w[i]|0;',
  'u=(rot(a,2)^rot(a,13)^rot(a,22))+(a&b^a&c^b&c)|0;',
  'hh=g;g=f;f=e;e=dd+t|0;dd=c;c=b;b=a;a=t+u|0}',
  'h[0]+=a;h[1]+=b;h[2]+=c;h[3]+=dd;h[4]+=e;h[5]+=f;h[6]+=g;h[7]+=hh}',
  'function firstWord(text){',
  'var words=(text.length+8>>6)+1<<4,m=new Int32Array(words),h=new Int32Array(h0),i;',
  'for(i=0;i<text.length;i++)m[i>>2]|=text.charCodeAt(i)<<24-i%4*8;',
  'm[i>>2]|=128<<24-i%4*8;m[words-1]=text.length*8;',
  'for(i=0;i<words;i+=16)block(h,m,i);',
  'return h[0]>>>0}',
  'function tell(what){box.textContent=what}',
  'function again(){',
  'try{var s=sessionStorage,now=Date.now(),was=(s.getItem("ldc")||"").split(","),t=+was[1]>now-60000?+was[0]:0;',
  'if(t>=3)return tell("This check did not succeed. Please try again in a minute.");',
  's.setItem("ldc",t+1+","+now)}catch(e){}',
  'location.reload()}',
  'function done(value){',
  'document.cookie=d.cookie+"="+value+"; Path=/; SameSite=Lax; Max-Age="+d.age+(d.secure==="1"?"; Secure":"");',
  'if(document.cookie.indexOf(value)<0)return tell("Please allow cookies for this site, then load the page again.");',
  'again()}',
  'function work(){',
  'for(var end=n+1000;n<end;n++)if(firstWord(d.token+"."+n)>>>32-bits===0)return done(d.token+"."+n);',
  'setTimeout(work,0)}',
  'work()})();',
].join('\n');

const STYLE = 'body{font:16px sans-serif;margin:20vh auto;max-width:30em;text-align:center}';

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

/** Nothing from anywhere, and of what stands in the page only these two texts. */
export const PAGE_POLICY = `default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src ${hashOf(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export interface PageTask {
  /** What is to be solved: letters, digits, `.`, `_` and `-` only. */
  readonly token: string;
  readonly bits: number;
  readonly cookie: string;
  readonly maxAgeS: number;
  readonly secure: boolean;
}

export function challengePage({ token, bits, cookie, maxAgeS, secure }: PageTask): string {
  const data = `data-token="${token}" data-bits="${bits}" data-cookie="${cookie}" data-age="${maxAgeS}" data-secure="${secure ? 1 : 0}"`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>One moment</title><style>${STYLE}</style><p id="c" ${data}>One moment. Your browser is being checked.</p><noscript><p>Please allow JavaScript for this site, then load the page again.</p></noscript><script>${SCRIPT}</script></html>\n`;
}
