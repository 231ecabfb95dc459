/** Names in containers are claims of whoever made them. */

/** Whether a member's name leads out of the folder that it would be unpacked into. */
export function leadsOut(name: string): boolean {
  let depth = 0;
  for (const part of name.split(/[/\\]/)) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** Whether a link at `name` that points to `target` leads out of that folder, or starts at the root. */
export function linkLeadsOut(name: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  return leadsOut(`${name.split('/').slice(0, -1).join('/')}/${target}`);
}
