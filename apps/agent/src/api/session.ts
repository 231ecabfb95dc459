/**
 * Who may use the API. On the unix socket, the file's permissions decide. On loopback TCP any local user can
 * connect, so the page must show the token that was printed at the start, and gets a cookie for it.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Name of the session cookie. */
export const sessionCookie = 'redoubt_session';

function equal(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The token of this start of the agent, and the sessions that were opened with it. */
export class Sessions {
  /** What the page must show; printed once, kept only in memory. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #session = randomBytes(24).toString('base64url');

  /** Opens a session. @returns the cookie's value, or undefined when the token is wrong */
  open(token: string): string | undefined {
    return equal(token, this.token) ? this.#session : undefined;
  }

  /** Whether a request carries the session's cookie, or the token as `Authorization: Bearer`. */
  allows(cookie: string | undefined, authorization: string | undefined): boolean {
    if (cookie !== undefined && equal(cookie, this.#session)) return true;
    return authorization?.startsWith('Bearer ') === true && equal(authorization.slice(7), this.token);
  }
}

/**
 * Whether a `Host` header names this machine's loopback. A page on another site can make its own name point to
 * 127.0.0.1 (DNS rebinding); its requests then carry that name and are refused here.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}
