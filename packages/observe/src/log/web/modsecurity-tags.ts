/** The `[name "value"]` tags of ModSecurity's messages. */
import { addField, type LogFields } from '../record.ts';
import { unescapeWeb } from './unescape.ts';

const tag =
  /\[(id|msg|data|severity|tag|file|line|uri|hostname|unique_id|phase|ver|maturity|accuracy|rev) "((?:[^"\\]|\\.){0,8192})"\]/g;
const tagLimit = 200;

const names: Readonly<Record<string, string>> = { id: 'rule_id', msg: 'rule_msg', data: 'rule_data' };

/** Adds the tags of a message that speaks of ModSecurity or Coraza; rules that matched become lists. */
export function setModsecurityTags(fields: LogFields, text: string): void {
  if (!text.includes('ModSecurity') && !text.includes('Coraza')) return;
  if (/Access denied/.test(text)) fields['action'] = 'blocked';
  let found = 0;
  for (const [, name = '', value = ''] of text.matchAll(tag)) {
    addField(fields, names[name] ?? name, unescapeWeb(value));
    found += 1;
    if (found >= tagLimit) return;
  }
}
