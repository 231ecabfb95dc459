/** The words that synthetic rules and events are made of, and how to draw from them. */
import type { Random } from '../../lib/pairing.ts';

/** One of a list, each as likely as the others. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** One of a list, by its share of the whole. */
export function weighted<T>(random: Random, list: readonly (readonly [share: number, value: T])[]): T {
  const total = list.reduce((sum, [share]) => sum + share, 0);
  let left = random() * total;
  for (const [share, value] of list) {
    left -= share;
    if (left < 0) return value;
  }
  return (list.at(-1) as readonly [number, T])[1];
}

/** A whole number from 0 to below `limit`. */
export const whole = (random: Random, limit: number): number => Math.floor(random() * limit);

const syllables = 'ba ce di fo gu ka le mi no pu ra se ti vo wu xa ye zi'.split(' ');

/** An invented word of `count` syllables; there are 18 to the power of `count`. */
export function word(random: Random, count = 3): string {
  let text = '';
  for (let index = 0; index < count; index++) text += pick(random, syllables);
  return text;
}

/** The first draw follows Zipf: a few names stand in many rules and events, most in few. */
export function frequent<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() ** 2 * list.length)] as T;
}

/** Programs that rules about Windows name most, and that ordinary hosts run. */
export const windowsPrograms =
  'powershell cmd rundll32 svchost regsvr32 mshta wscript cscript net net1 reg schtasks sc wmic certutil bitsadmin explorer msbuild msiexec taskkill whoami nltest rundll64 conhost services lsass winword excel outlook chrome msedge firefox teams onedrive code git node python java sqlservr w3wp taskhostw dllhost runtimebroker searchindexer wmiprvse spoolsv dwm csrss winlogon logonui ctfmon sihost ping ipconfig tasklist systeminfo curl ftp ssh scp tar robocopy xcopy icacls attrib forfiles vssadmin wbadmin bcdedit wevtutil fsutil netsh route arp nslookup'.split(
    ' ',
  );

/** The same for Linux. */
export const linuxPrograms =
  'bash sh dash curl wget python3 perl ruby php nc ncat socat ssh scp rsync tar gzip base64 chmod chown chattr crontab systemctl service useradd usermod passwd sudo su find grep awk sed cat head tail ls ps id whoami uname hostname ip ss netstat iptables nft mount umount insmod modprobe docker kubectl nginx apache2 postgres mysqld redis-server node java gcc make git dpkg apt-get rpm'.split(
    ' ',
  );
