/** Taking secrets out of text that is shown: what stands in their place says that something stood there. */

const hidden = '***';

/** Files of which no line is shown. */
const neverShown =
  /^\/etc\/(shadow|gshadow|opasswd|security\/opasswd|krb5\.keytab|ssl\/private\/.*|wireguard\/.*|sssd\/.*)-?$|\/(id_(rsa|dsa|ecdsa|ed25519)|ssh_host_\w+_key|\.pgpass|\.netrc|\.my\.cnf|\.htpasswd|htpasswd|credentials|shadow-?|gshadow-?)$|\.(key|pem|p12|pfx|jks|keytab|kdbx)$/;

/** Whether nothing of a file's content may be shown. */
export const isNeverShown = (key: string): boolean => neverShown.test(key);

const secretName =
  /((?:[\w.-]*(?:passw(?:or)?d|passphrase|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|psk|auth[_-]?key|encryption[_-]?key)[\w.-]*)["']?\s*(?:=>|:=|[=:]|\s)\s*)(["']?)([^\s"'#;,][^\n]*)/gi;
const patterns: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(@)/gi, `$1${hidden}$2`],
  [/(\bauthorization["']?\s*[:=]\s*["']?(?:basic|bearer|digest|token)?\s*)[^\s"']+/gi, `$1${hidden}`],
  [/(\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}/gi, `$1${hidden}`],
  [/\$(?:1|2[abxy]|5|6|7|y|gy|apr1|argon2\w*)\$[^\s:"']+/g, hidden],
  [/\b(?:gh[pousr]_|github_pat_|xox[abprs]-|AKIA|ASIA|sk-|glpat-|npm_|LTAI)[A-Za-z0-9_-]{10,}/g, hidden],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, hidden],
  [
    /(?<![A-Za-z0-9+/=_-])(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_-]{40,}={0,2}(?![A-Za-z0-9+/=_-])/g,
    hidden,
  ],
];

/** A public key line is no secret, and who is let in is what a reader must see. */
const publicKey = /\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+AAAA/;

function maskLine(line: string): string {
  if (publicKey.test(line)) return line;
  let text = line.replace(secretName, (_, name: string, quote: string) => `${name}${quote}${hidden}${quote}`);
  for (const [pattern, by] of patterns) text = text.replace(pattern, by);
  return text;
}

/** Lines with their secrets masked, as many as there were; blocks of private keys are masked from end to end. */
export function maskSecrets(lines: readonly string[]): string[] {
  let inside = false;
  return lines.map(line => {
    if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(line)) inside = true;
    const masked = inside ? hidden : maskLine(line);
    if (/-----END [A-Z0-9 ]*PRIVATE KEY/.test(line)) inside = false;
    return masked;
  });
}
