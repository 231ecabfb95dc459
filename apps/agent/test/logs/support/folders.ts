/** Folders and rules of log tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of a test. */
export interface TestFolders {
  /** Where logs stand. */
  logs: string;
  state: string;
  rules: string;
  remove(): void;
}

/** Three rules, one for each kind of log that the tests write. */
const rules: Readonly<Record<string, string>> = {
  web: `title: Path out of the web root
name: test-traversal
level: high
tags: [attack.t1190]
logsource: {category: webserver}
detection:
  selection: {cs-uri-stem|contains: '/etc/passwd'}
  condition: selection
redoubt: {title_zh: 路径穿越}
`,
  ssh: `title: Root logs in with a password
name: test-root-password
level: medium
tags: [attack.t1078]
logsource: {product: linux, service: sshd}
detection:
  selection: {outcome: success, user: root, auth_method: password}
  condition: selection
redoubt: {title_zh: root 口令登录}
`,
  windows: `title: Security log cleared
name: test-log-cleared
level: high
tags: [attack.t1070.001]
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 1102}
  condition: selection
redoubt: {title_zh: 安全日志被清除}
`,
};

/** Makes the folders, with the rules in place. */
export function testFolders(): TestFolders {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-logs-'));
  const at = (name: string) => join(folder, name);
  for (const name of ['logs', 'state', 'rules']) mkdirSync(at(name), { mode: 0o700 });
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(at('rules'), `${name}.yml`), text);
  return {
    logs: at('logs'),
    state: at('state'),
    rules: at('rules'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
