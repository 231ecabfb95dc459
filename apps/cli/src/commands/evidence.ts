/** `redoubt evidence`: collect, verify, read and search evidence of a host. */
import type { Command, Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, stateOption } from '../options.ts';

async function run(invocation: Invocation): Promise<number> {
  switch (invocation.arguments[0]) {
    case 'collect':
      return (await import('../evidence/collect.ts')).collect(invocation);
    case 'verify':
      return (await import('../evidence/verify.ts')).verify(invocation);
    case 'decrypt':
      return (await import('../evidence/verify.ts')).decrypt(invocation);
    case 'report':
      return (await import('../evidence/report.ts')).report(invocation);
    case 'search':
      return (await import('../evidence/search.ts')).search(invocation);
    default:
      throw new CommandError(ExitCode.usage, {
        en: 'Say `evidence collect|verify|decrypt|report|search`; see: redoubt help evidence',
        zh: '用法：`evidence collect|verify|decrypt|report|search`；请查看：redoubt help evidence',
      });
  }
}

export const evidenceCommand: Command = {
  name: 'evidence',
  summary: { en: 'collect and verify evidence of this host', zh: '收集并校验本机的证据' },
  usage: [
    'evidence collect --output FILE --why TEXT [--incident UID] [--memory PID[@ADDRESS]]… [--file PATH]… [--recipient age1…]… [--dry-run] [--json]',
    'evidence verify FILE [--deep] [--identity FILE] [--manifest HEX] [--signed-by HEX] [--json]',
    'evidence decrypt FILE --output FOLDER [--identity FILE] [--step STEP]… [--json]',
    'evidence report FILE --output FILE.html|FILE.md [--identity FILE]',
    'evidence search --incident UID|--indicators FILE [--export FILE] [--path FOLDER]… [--since AGE|TIME] [--json]',
  ],
  details: {
    en: 'The most volatile comes first: memory, processes, sockets, modules, mounts, eBPF, users, network, the record, suspicious\nprograms, logs, what starts by itself, files, images. No process is stopped. What is not there or cannot be read is\nnoted and the rest goes on. The container is one tar: zstd segments, encrypted with age where recipients are named, a\nsigned manifest, the chain of custody. After a kill the same command goes on. Without --key a key is made for this\ncollection and destroyed when it is sealed.',
    zh: '按易失性从高到低收集：内存、进程、套接字、内核模块、挂载、eBPF、用户、网络、飞行记录、可疑程序、日志、自启动项、\n文件、镜像。不会停止任何进程。不存在或无法读取的内容会记入清单，其余照常进行。容器为一个 tar：zstd 分段（指定收件人时\n用 age 加密）、签名清单、监管链。被终止后再次执行同一命令即可继续。未给出 --key 时为本次收集生成密钥，封存后销毁。',
  },
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'PATH',
      help: { en: 'container to write; folder to decrypt into', zh: '要写入的容器；解密到的目录' },
    },
    why: { type: 'string', value: 'TEXT', help: { en: 'why it is collected', zh: '收集原因' } },
    who: {
      type: 'string',
      value: 'NAME',
      help: { en: 'who collects (default: the user behind sudo)', zh: '收集人（默认：sudo 背后的用户）' },
    },
    case: { type: 'string', value: 'NAME', help: { en: 'name of the case', zh: '案件名称' } },
    incident: {
      type: 'string',
      value: 'UID',
      help: {
        en: 'its period, its running processes, its files',
        zh: '该安全事件的时段、仍在运行的进程及文件',
      },
    },
    memory: {
      type: 'string',
      value: 'PID[@ADDRESS]',
      multiple: true,
      help: {
        en: 'memory of a process or of one mapping; may be repeated',
        zh: '进程或其一个映射的内存，可重复',
      },
    },
    ram: {
      type: 'boolean',
      help: { en: 'the whole RAM, through /proc/kcore', zh: '通过 /proc/kcore 收集全部内存' },
    },
    since: {
      type: 'string',
      value: 'AGE|TIME',
      help: { en: 'record and logs from then on (default 24h)', zh: '从何时起的记录和日志（默认 24h）' },
    },
    logs: {
      type: 'string',
      value: 'PATH',
      multiple: true,
      help: { en: 'logs (default /var/log); may be repeated', zh: '日志（默认 /var/log），可重复' },
    },
    file: {
      type: 'string',
      value: 'PATH',
      multiple: true,
      help: { en: 'a file or folder as well; may be repeated', zh: '另外收集的文件或目录，可重复' },
    },
    image: {
      type: 'string',
      value: 'DEVICE|FILE',
      multiple: true,
      help: { en: 'image of a block device or file; may be repeated', zh: '块设备或文件的镜像，可重复' },
    },
    skip: {
      type: 'string',
      value: 'STEP',
      multiple: true,
      help: { en: 'leave a step out; may be repeated', zh: '跳过某步骤，可重复' },
    },
    'file-limit': {
      type: 'string',
      value: 'SIZE',
      help: { en: 'largest single log or file (default 1G)', zh: '单个日志或文件的上限（默认 1G）' },
    },
    limit: { type: 'string', value: 'SIZE', help: { en: 'largest container', zh: '容器大小上限' } },
    reserve: {
      type: 'string',
      value: 'SIZE',
      help: {
        en: 'what stays free on the output’s disk (default 5 %, at most 1G)',
        zh: '输出磁盘保留的空间（默认 5%，最多 1G）',
      },
    },
    rate: {
      type: 'string',
      value: 'SIZE',
      help: { en: 'most bytes read a second', zh: '每秒最多读取的字节数' },
    },
    recipient: {
      type: 'string',
      value: 'age1…',
      multiple: true,
      help: { en: 'encrypt to this age key; may be repeated', zh: '加密给该 age 公钥，可重复' },
    },
    identity: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      help: { en: 'age identity that opens the container', zh: '打开容器的 age 身份密钥文件' },
    },
    key: {
      type: 'string',
      value: 'FILE',
      help: { en: 'Ed25519 key (PEM) that signs', zh: '用于签名的 Ed25519 密钥（PEM）' },
    },
    restart: {
      type: 'boolean',
      help: { en: 'throw an unfinished collection away', zh: '丢弃未完成的收集并重新开始' },
    },
    'dry-run': {
      type: 'boolean',
      help: { en: 'only say what would be collected', zh: '只说明将收集的内容' },
    },
    deep: {
      type: 'boolean',
      help: { en: 'verify every member inside the segments too', zh: '同时校验分段内的每个成员' },
    },
    manifest: {
      type: 'string',
      value: 'HEX',
      help: { en: 'SHA-256 that the manifest must have', zh: '清单应有的 SHA-256' },
    },
    'signed-by': {
      type: 'string',
      value: 'HEX',
      help: { en: 'fingerprint of the key that must have signed', zh: '应有的签名密钥指纹' },
    },
    step: {
      type: 'string',
      value: 'STEP',
      multiple: true,
      help: { en: 'only this step; may be repeated', zh: '仅此步骤，可重复' },
    },
    indicators: {
      type: 'string',
      value: 'FILE',
      help: { en: 'what to search for: a list, or one a line', zh: '要搜索的指标：列表文件，或每行一个' },
    },
    export: {
      type: 'string',
      value: 'FILE',
      help: { en: 'write the indicators for other hosts', zh: '把指标写入文件，供其他主机使用' },
    },
    path: {
      type: 'string',
      value: 'FOLDER',
      multiple: true,
      help: {
        en: 'folders whose files are hashed (default: temporary ones, /usr/local, /opt)',
        zh: '计算文件哈希的目录（默认：临时目录、/usr/local、/opt）',
      },
    },
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'evidence collect --output /mnt/usb/web1.evidence --why "ticket 4711" --incident UID --recipient age1…',
      text: { en: 'all about an incident, for one pair of eyes', zh: '收集某安全事件的全部证据并加密' },
    },
    {
      line: 'evidence verify web1.evidence --manifest HEX --deep',
      text: { en: 'is it as it was collected?', zh: '是否与收集时一致' },
    },
    {
      line: 'evidence search --incident UID --export seen.json',
      text: {
        en: 'where else is it? then on each host: --indicators seen.json',
        zh: '还出现在哪里？随后在各主机上用 --indicators seen.json',
      },
    },
  ],
  run,
};
