/** Which program a command starts: the path that can be looked at, as far as a line tells without running it. */

/** Words that start another program: its name follows after options and assignments. */
const launchers = new Set([
  'env',
  'nice',
  'ionice',
  'nohup',
  'setsid',
  'exec',
  'sudo',
  'timeout',
  'chroot',
  'command',
  'test',
  '[',
  '-',
]);
const interpreters = /^(?:ba|da|z|k)?sh$|^(?:python|perl|php|ruby|node)[\d.]*$/;

/** Longest command that is looked through, in characters. */
const longest = 4_096;

/**
 * The absolute path of the program of a command; for a shell or another interpreter with a script, the script.
 * Undefined when the line does not tell. systemd's prefixes (`-@:+!`) and `|`, `!` of others are taken off.
 */
export function programOf(command: string): string | undefined {
  const words = command
    .slice(0, longest)
    .replace(/^[\s|@:+!-]+(?=\/)/, '')
    .split(/[\s;&|()<>]+/)
    .map(word => word.replace(/^["']|["']$/g, ''))
    .filter(Boolean);
  let interpreter: string | undefined;
  for (const word of words) {
    const base = word.slice(word.lastIndexOf('/') + 1);
    if (interpreter === undefined && interpreters.test(base)) {
      interpreter = word.startsWith('/') ? word : undefined;
      continue;
    }
    if (launchers.has(base) || word.startsWith('-') || /^\w+=/.test(word) || /^\d+$/.test(word)) continue;
    if (/^\/[\w./+@\-\u0080-\uffff]+$/.test(word)) return word;
  }
  return interpreter;
}
