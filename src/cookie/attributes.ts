import { stringifySetCookie } from 'cookie';

export interface CookieSettings {
  readonly name: string;
  readonly maxAgeS: number;
  readonly domain?: string | undefined;
  readonly sameSite: 'lax' | 'strict' | 'none';
}

/** The Set-Cookie value, HttpOnly and for the whole site (RFC 6265bis 4.1). */
export function setCookieText(settings: CookieSettings, value: string, secure: boolean): string {
  return stringifySetCookie({ ...attributes(settings, secure), value });
}

/** Set-Cookie that makes the browser forget. */
export function clearCookieText(settings: CookieSettings, secure: boolean): string {
  return stringifySetCookie({ ...attributes(settings, secure), value: '', maxAge: 0 });
}

function attributes(settings: CookieSettings, secure: boolean) {
  return {
    name: settings.name,
    path: '/',
    httpOnly: true,
    secure,
    sameSite: settings.sameSite,
    ...(settings.domain === undefined ? {} : { domain: settings.domain }),
    ...(settings.maxAgeS === 0 ? {} : { maxAge: settings.maxAgeS }),
  };
}
