/** How the stand-in's host is protected: recorded answers of the agent's parts. */
import type {
  AppControlAnswer,
  ContentAnswer,
  IntegrityAnswer,
  IntelligenceAnswer,
  InventoryAnswer,
  InventoryListing,
  JournalAnswer,
  LogsAnswer,
  MemoryAnswer,
  ProtectionItem,
  ProtectionsAnswer,
  QuarantineAnswer,
  RootkitAnswer,
  ScanningAnswer,
} from '@redoubt/agent/page';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function protections(now: number): ProtectionsAnswer {
  const settings = {};
  const gate: ProtectionItem = {
    name: 'app-control',
    title: { en: 'Application control', zh: '应用程序控制' },
    description: {
      en: 'Only programs of packages, of signed catalogs and of rules run.',
      zh: '仅允许软件包、签名目录和规则中的程序运行。',
    },
    policy: { rung: 'enforce', settings },
    revision: 4,
    since: now - 3 * minute,
    by: 'li (console)',
    previous: { rung: 'audit', settings },
    trial: { deadline: now + 11 * minute, back: { rung: 'audit', settings } },
    health: {
      healthy: false,
      reasons: [
        { en: '62 verdicts came too late since the last look', zh: '自上次检查以来有 62 次判断超时' },
      ],
    },
    busy: false,
  };
  const bans: ProtectionItem = {
    name: 'segmentation',
    title: { en: 'Segmentation', zh: '网络分段' },
    description: {
      en: 'Zones: web may reach data on tcp/5432; everything else between them is outside the policy.',
      zh: '区域：web 可访问 data 的 tcp/5432；两者之间的其他流量均不符合策略。',
    },
    policy: { rung: 'audit', settings },
    revision: 2,
    since: now - 2 * day,
    by: 'wang (socket)',
    previous: { rung: 'observe', settings },
    health: { healthy: true, reasons: [] },
    fell: {
      time: now - 2 * day,
      en: 'nobody confirmed the step to enforce in time',
      zh: '无人按时确认进入强制',
    },
    busy: false,
  };
  return { items: [gate, bans] };
}

const appControl: AppControlAnswer = {
  golden: { programs: 4_812 },
  catalogs: [
    { name: 'shop', owner: 'Shop Ltd', issue: 7, created: Date.UTC(2026, 1, 3, 9), entries: 1_284 },
    {
      name: 'agents-of-the-monitoring',
      owner: 'Operations',
      issue: 2,
      created: Date.UTC(2026, 0, 12),
      entries: 31,
    },
  ],
  refused: [
    {
      file: 'old.json',
      text: { en: 'its signature does not fit its key', zh: '签名与密钥不符' },
    },
  ],
  counters: { execs: 812_406, cachedAllows: 811_020, denies: 3, wouldDeny: 0, asked: 1_383, timeouts: 62 },
  covered: ['/', '/srv', '/tmp'],
  uncovered: ['/mnt/nfs'],
};

function integrity(now: number): IntegrityAnswer {
  return {
    watching: true,
    generation: 3,
    signed_time: now - 9 * day,
    touched: 48_211,
    looked: 1_204,
    changes: 2,
    lost: 0,
    source: 'kernel',
    overflowed: 0,
    last_check: now - 7 * hour,
    checking: false,
    states: [
      {
        name: 'files',
        title: { en: 'Files', zh: '文件' },
        generation: 3,
        made_time: now - 9 * day,
        checked_time: now - 7 * hour,
      },
      {
        name: 'accounts',
        title: { en: 'accounts and groups', zh: '账号与用户组' },
        generation: 1,
        made_time: now - 30 * day,
        pending: 2,
        checked_time: now - 7 * hour,
      },
      { name: 'modules', title: { en: 'loaded kernel modules', zh: '已加载的内核模块' } },
    ],
  };
}

const inventory: InventoryAnswer = {
  items: 336,
  looked: Date.now() - 2 * minute,
  looks: 41,
  prompted: 6,
  changes: 5,
  explained: 4,
  findings: 1,
  unattributed: 0,
  troubles: [],
  states: [
    { name: 'persistence', title: { en: 'start-up items', zh: '自启动项' } },
    { name: 'listeners', title: { en: 'listening ports', zh: '监听端口' } },
    { name: 'modules', title: { en: 'loaded kernel modules', zh: '已加载的内核模块' } },
  ],
};

function listing(name: string, now: number): InventoryListing {
  const { title = { en: name, zh: name } } = inventory.states.find(one => one.name === name) ?? {};
  const items: Record<string, InventoryListing['items']> = {
    persistence: [
      {
        key: 'systemd-unit:/etc/systemd/system/shop.service',
        facts: {
          kind: 'systemd-unit',
          path: '/etc/systemd/system/shop.service',
          name: 'shop.service',
          command: '/opt/shop/bin/server --listen 0.0.0.0:8080 --config /etc/shop/server.yaml',
          user: 'shop',
          enabled: true,
          sha256: '42be3e66d014a04eb1cbccd57b3a4ef2c92b268798e2322ec87582271b9fed65',
          mode: '0644',
          owner: 'root:root',
          package: 'shop',
        },
      },
      {
        key: 'cron:/etc/cron.d/refresh',
        facts: {
          kind: 'cron',
          path: '/etc/cron.d/refresh',
          command: '/tmp/.cache/refresh',
          user: 'root',
          schedule: '*/5 * * * *',
          enabled: true,
          package: null,
        },
        remarks: [
          { en: 'it runs a program from a world-writable folder', zh: '它运行任何人可写目录中的程序' },
        ],
      },
    ],
    listeners: [
      {
        key: 'tcp 0.0.0.0:8080',
        facts: {
          protocol: 'tcp',
          address: '0.0.0.0',
          port: 8080,
          program: '/opt/shop/bin/server',
          user: 'shop',
        },
      },
    ],
  };
  return { name, title, time: now, items: items[name] ?? [], more: 0, troubles: [] };
}

function rootkit(now: number): RootkitAnswer {
  return {
    time: now - 20 * minute,
    report: {
      milliseconds: 2_140,
      kernel: '6.1.0-28-amd64',
      views: [
        {
          name: 'processes/proc',
          title: { en: 'Processes: /proc beside null signals', zh: '进程：/proc 与空信号对照' },
          state: 'looked',
          count: 214,
          text: { en: '214 processes, the same from both sides', zh: '214 个进程，两种方式一致' },
        },
        {
          name: 'modules/kallsyms',
          title: { en: 'Modules: sysfs beside kallsyms', zh: '模块：sysfs 与 kallsyms 对照' },
          state: 'skipped',
          text: { en: 'this kernel hides its addresses', zh: '此内核隐藏地址' },
        },
      ],
      findings: [],
    },
  };
}

function memory(now: number): MemoryAnswer {
  return {
    checking: false,
    postponed: 0,
    last: {
      time: now - 70 * minute,
      milliseconds: 8_412,
      processes: 188,
      items: [
        {
          pid: 4711,
          name: 'worker',
          program: '/opt/shop/bin/worker (deleted)',
          command: '/opt/shop/bin/worker --queue mail',
          observations: [
            {
              kind: 'program.deleted',
              severity: 3,
              title: { en: 'worker (4711) runs a deleted program', zh: 'worker（4711）运行已删除的程序' },
              reason: {
                en: 'The file /opt/shop/bin/worker was removed while it runs; no package replaced it.',
                zh: '文件 /opt/shop/bin/worker 在运行期间被删除，且没有软件包替换它。',
              },
            },
          ],
        },
      ],
      more: 0,
    },
  };
}

function scanning(now: number): ScanningAnswer {
  const engines = [
    { name: 'yara-x', version: '1.4.0' },
    { name: 'clamav', version: '1.0.7/27492' },
  ];
  const common = { cached: 40_100, notFiles: 12, engines, stopped: false };
  return {
    findings: 2,
    scans: [
      {
        time: now - 5 * hour,
        report: {
          ...common,
          files: 48_204,
          bytes: 6_120_000_000,
          clean: 48_202,
          suspicious: 1,
          malicious: 1,
          noted: 3,
          unreadableCount: 4,
          milliseconds: 184_000,
        },
      },
      {
        time: now - 29 * hour,
        report: {
          ...common,
          files: 48_190,
          bytes: 6_118_000_000,
          clean: 48_190,
          suspicious: 0,
          malicious: 0,
          noted: 0,
          unreadableCount: 4,
          milliseconds: 91_000,
        },
      },
    ],
  };
}

const quarantined = (now: number): QuarantineAnswer => ({
  items: [
    {
      id: '20260301-0123456789ab',
      path: '/srv/www/shop/uploads/2026/03/a-rather-long-name-of-an-upload-that-somebody-made.php',
      size: 18_204,
      sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
      time: now - 5 * hour,
      by: 'scan',
      reason: 'EICAR test file',
      mode: 0o644,
      other_links: 1,
    },
  ],
  damaged: [],
});

const content: ContentAnswer = {
  state_directory: '/var/lib/redoubt',
  repository: 'redoubt-content',
  version: 12,
  rules: { loaded: 1_204, refused: 2 },
  withdrawn: [11],
  history: [
    {
      time: Date.UTC(2026, 1, 20, 3),
      step: 'rolled_back',
      version: 11,
      text: { en: 'a rule made more findings than the release allows', zh: '某规则产生的告警超过版本预算' },
    },
    {
      time: Date.UTC(2026, 1, 24, 3),
      step: 'installed',
      version: 12,
      text: { en: 'installed', zh: '已安装' },
    },
  ],
};

const intelligence: IntelligenceAnswer = {
  items: [
    {
      name: 'partner-feed',
      local: false,
      held: false,
      imported_time: Date.UTC(2026, 2, 1, 6),
      origin: 'https://intel.example.org/taxii2/collections/4f1c/',
      indicators: 48_204,
      kinds: { domain: 30_100, ipv4: 12_004, sha256: 6_100 },
    },
  ],
  indicators: 48_204,
  bytes: 3_400_000,
  looked_at: 2_204_118,
  sightings: 3,
};

function logs(now: number): LogsAnswer {
  const counts = { repeated: 0, damaged: 0, lost: 0, clocks: [] };
  return {
    config: '/etc/redoubt/logs.yaml',
    items: [
      {
        ...counts,
        name: 'nginx',
        type: 'file',
        format: 'nginx',
        state: 'running',
        places: ['/var/log/nginx/access.log', '/var/log/nginx/error.log'],
        records: 120_404,
        last_received: now - 1_500,
        clocks: [{ of: 'web-02', offset_ms: -64_000, samples: 300 }],
      },
      {
        ...counts,
        name: 'firewall',
        type: 'syslog',
        state: 'failed',
        failure: 'listen EADDRINUSE: address already in use 0.0.0.0:514',
        retry_time: now + 20_000,
        places: [],
        records: 0,
      },
    ],
  };
}

function journal(now: number): JournalAnswer {
  const entry = (
    seq: number,
    time: number,
    outcome: 'begun' | 'done' | 'failed' | 'undone',
    en: string,
    zh: string,
  ) => ({
    seq,
    entry: {
      time,
      actor: 'li (console)',
      action: 'ladder.step',
      subject: 'app-control',
      outcome,
      text: { en, zh },
      detail: { from: 'audit', to: 'enforce' },
    },
  });
  return {
    items: [
      entry(9, now - 3 * minute, 'done', 'app-control is at enforce', 'app-control 已进入强制'),
      entry(
        8,
        now - 3 * minute,
        'begun',
        'app-control goes from audit to enforce',
        'app-control 从审计进入强制',
      ),
      entry(7, now - 2 * day, 'undone', 'segmentation went back to audit', 'segmentation 已退回审计'),
    ],
    verification: {
      time: now,
      intact: true,
      identity: 'c1a5298f939e87e8f962a5edfc206918e6b0fd2d16a4ad2f6be1b9f6c6b6b7a1',
      entries: 3,
      lines: 9,
      faults: [],
      more_faults: 0,
    },
  };
}

/** The answer at a path below `/api`; undefined where there is none. */
export function postureAnswer(name: string, part: string | undefined, now = Date.now()): unknown {
  if (name === 'inventory' && part !== undefined) return listing(part, now);
  const answers: Record<string, () => unknown> = {
    protections: () => protections(now),
    'app-control': () => appControl,
    integrity: () => integrity(now),
    inventory: () => inventory,
    rootkit: () => rootkit(now),
    memory: () => memory(now),
    scanning: () => scanning(now),
    quarantine: () => quarantined(now),
    content: () => content,
    intelligence: () => intelligence,
    logs: () => logs(now),
    journal: () => journal(now),
  };
  return answers[name]?.();
}
