/**
 * Explaining changes by packages. A change is explained when the kernel's change time of the file lies within a
 * transaction of dpkg, and its content is what the package itself says (MD5 of md5sums or of the configuration file),
 * or it is something that packages' triggers make. A file that was changed after the transaction is not. A removal is
 * explained when the package that owned the file was removed or replaced, and does not list it any more.
 */
import { join } from 'node:path';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { ExplainOptions, Explanation } from '../../collector.ts';
import { unescapeKey } from '../../state/key.ts';
import { ownerOf, partsOf } from '../entry.ts';
import { bareName, type OwnedPath, touchedPaths, ucfDigests } from './dpkg-files.ts';
import { readTransactions, type Transaction } from './dpkg-log.ts';
import { formOf, md5Of, timeOfFolder } from './facts.ts';

/** A transaction goes on a little after its last line: the log has whole seconds. */
const slackMilliseconds = 5_000;

/** What takes a package's files away, or may. */
const replacing = new Set(['install', 'upgrade', 'remove', 'purge']);

/** What maintainer scripts and triggers write themselves. */
const generated =
  /^(\/etc\/(ld\.so\.cache|mailcap|shells|alternatives\/.*|rc[0-9S]\.d\/.*|systemd\/(system|user)\/.*\.(wants|requires)(\/.*)?|systemd\/(system|user)\/[^/]*\.(service|socket|timer)|ssl\/certs\/.*|ca-certificates\.conf|(passwd|group|shadow|gshadow|subuid|subgid)-?|apparmor\.d\/local\/.*|apparmor\.d\/cache.*|papersize|texmf(\/.*)?)|\/boot\/(initrd\.img-.*|grub\/.*)|\/usr\/(share|lib|local)\/.*(\/__pycache__(\/.*)?|\.pyc|\/icon-theme\.cache|\/mimeinfo\.cache|\/gschemas\.compiled|\/giomodule\.cache|\/loaders\.cache|\/gtk\.immodules|\/fonts\.(dir|scale)|\/modules\.[a-z.]+)|\/usr\/share\/(info\/dir.*|mime(\/.*)?|vim\/.*|perl5?\/.*|sgml\/.*|xml\/.*)|\/usr\/lib\/locale\/.*|\/usr\/lib\/udev\/hwdb\.bin|\/var\/lib\/dpkg\/.*|\/var\/log\/(dpkg\.log|alternatives\.log|apt\/.*))$/;

/** Forms of a configuration file that dpkg, ucf and maintainer scripts put beside it: the one before, the one to come. */
const beside = /\.(dpkg|ucf)-(old|new|dist|bak|remove)$/;

/** Whether maintainer scripts and triggers make such a path: links of update-alternatives, and what is generated. */
const madeByScripts = (key: string, facts: StateEntry['facts']): boolean =>
  generated.test(key) ||
  generated.test(key.replace(beside, '')) ||
  String(facts['link'] ?? '').startsWith('/etc/alternatives/');

/** A folder that only root can write to. */
const isPlainFolder = ({ type, uid, mode, acl }: StateEntry['facts']): boolean =>
  type === 'folder' && uid === 0 && (Number.parseInt(String(mode), 8) & 0o7022) === 0 && acl === undefined;

/** Explains changes by what dpkg did. What it knows is read anew when dpkg has worked since. */
export class DpkgWitness {
  readonly #options: ExplainOptions;
  #owned: Map<string, OwnedPath> | undefined;
  #transactions: readonly Transaction[] | undefined;
  #form = '';

  constructor(options: ExplainOptions) {
    this.#options = options;
  }

  /** @returns undefined when no package explains the change */
  async explain(change: StateChange): Promise<Explanation | undefined> {
    const { root, since } = this.#options;
    const form = ['var/log/dpkg.log', 'var/lib/dpkg/info'].map(path => formOf(join(root, path))).join(' ');
    if (form !== this.#form) {
      this.#form = form;
      this.#owned = undefined;
      this.#transactions = readTransactions(root, since);
    }
    if (this.#transactions === undefined || this.#transactions.length === 0) return undefined;
    return change.kind === 'removed'
      ? this.#removal(change.key, change.before)
      : this.#presence(change.key, change.after);
  }

  #within(time: number): Transaction | undefined {
    return this.#transactions?.find(
      one => time >= one.start - slackMilliseconds && time <= one.end + slackMilliseconds,
    );
  }

  /** What a package took along when it went or was replaced, and does not list any more. */
  #removal(key: string, before: StateEntry): Explanation | undefined {
    const { facts } = before;
    const owner = ownerOf(before);
    if (owner !== undefined) {
      const action = this.#actionOn(owner);
      if (action === undefined || this.#ownedNow().has(key)) return undefined;
      return {
        by: `dpkg: ${owner}`,
        text: {
          en: `it belonged to ${owner}, which dpkg has worked on since (${action}) and which no longer has it`,
          zh: `原属于软件包 ${owner}，此后 dpkg 处理过该软件包（${action}），现已不再包含该文件`,
        },
      };
    }
    // Everything that was in a folder is told by itself: one that is gone means nothing more.
    if (facts['type'] !== 'folder' && !madeByScripts(key, facts)) return undefined;
    const time = timeOfFolder(`${this.#options.root}/${key}`.replaceAll('//', '/'));
    if (time === undefined || this.#within(time) === undefined) return undefined;
    return {
      by: 'dpkg: trigger',
      text: {
        en: 'packages’ scripts make and remove it, and its folder was last changed while dpkg worked',
        zh: '由软件包脚本生成和删除，且所在目录的最后变更发生在 dpkg 执行期间',
      },
    };
  }

  /** What dpkg last did to a package since the golden state. */
  #actionOn(name: string): string | undefined {
    const actions = (this.#transactions ?? []).flatMap(one => [...one.actions]);
    return actions.findLast(one => {
      const [action = '', subject = ''] = one.split(' ');
      return replacing.has(action) && bareName(subject) === name;
    });
  }

  #ownedNow(): ReadonlyMap<string, OwnedPath> {
    this.#owned ??= touchedPaths(this.#options.root, this.#options.since);
    return this.#owned;
  }

  /** A configuration file as it was, or as the package has it, beside the one that counts; nothing reads it. */
  async #otherForm(key: string, facts: StateEntry['facts']): Promise<Explanation | undefined> {
    const [suffix, , form = ''] = beside.exec(key) ?? [];
    const owner = suffix === undefined ? undefined : this.#ownedNow().get(key.slice(0, -suffix.length));
    if (owner?.md5 === undefined || facts['type'] !== 'file') return undefined;
    const by = `dpkg: ${owner.package}`;
    if (form === 'old' || form === 'bak')
      return {
        by,
        text: {
          en: `dpkg installed another form of this file of ${owner.package} at that time, and kept the one before beside it`,
          zh: `dpkg 当时安装了软件包 ${owner.package} 中该文件的另一版本，并保留了原有版本`,
        },
      };
    if (owner.md5 !== (await this.#md5Of(key))) return undefined;
    return {
      by,
      text: {
        en: `dpkg put the form that ${owner.package} has beside the one that was kept (MD5)`,
        zh: `dpkg 将软件包 ${owner.package} 自带的版本放在保留的文件旁（MD5 一致）`,
      },
    };
  }

  /** Configuration files that packages hand to ucf(1) belong to none of them. */
  async #isOfUcf(key: string): Promise<boolean> {
    const noted = ucfDigests(this.#options.root).get(key);
    return noted !== undefined && noted === (await this.#md5Of(key));
  }

  #md5Of(key: string): Promise<string | undefined> {
    return md5Of(Buffer.concat([Buffer.from(this.#options.root), unescapeKey(key)]));
  }

  async #presence(key: string, { facts }: StateEntry): Promise<Explanation | undefined> {
    const changed = Number(partsOf(String(facts['stat'])).changed) * 1000;
    if (this.#within(changed) === undefined) return undefined;
    const owner = this.#ownedNow().get(key);
    if (owner !== undefined) {
      const by = `dpkg: ${owner.package}`;
      if (facts['type'] !== 'file')
        return {
          by,
          text: {
            en: `it belongs to ${owner.package}, which dpkg installed at that time`,
            zh: `属于 dpkg 当时安装的软件包 ${owner.package}`,
          },
        };
      if (owner.md5 !== undefined && owner.md5 === (await this.#md5Of(key)))
        return {
          by,
          text: {
            en: `dpkg installed ${owner.package} at that time, and the content is what the package says (MD5)`,
            zh: `dpkg 当时安装了 ${owner.package}，内容与软件包自带的 MD5 一致`,
          },
        };
      return undefined; // the package says something else
    }
    const other = await this.#otherForm(key, facts);
    if (other !== undefined) return other;
    if (isPlainFolder(facts))
      return {
        by: 'dpkg: script',
        text: {
          en: 'a folder of root’s that came while dpkg worked; what comes into it is told by itself',
          zh: 'dpkg 执行期间出现的 root 目录；其中的内容会单独报告',
        },
      };
    if (await this.#isOfUcf(key))
      return {
        by: 'ucf',
        text: {
          en: 'ucf put it there while dpkg worked, and the content is what it noted of the package’s (MD5)',
          zh: '由 ucf 在 dpkg 执行期间放置，内容与其记录的软件包版本一致（MD5）',
        },
      };
    if (!madeByScripts(key, facts)) return undefined;
    return {
      by: 'dpkg: trigger',
      text: {
        en: 'packages’ scripts make it, and it changed while dpkg worked',
        zh: '由软件包脚本生成，且在 dpkg 执行期间变更',
      },
    };
  }
}
