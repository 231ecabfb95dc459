/** What the stand-in's host has seen of its network, whom it keeps out, and what was done against attacks. */
import type {
  BansAnswer,
  DnsAnswer,
  DnsReputation,
  DnsSeenAnswer,
  ExposureAnswer,
  FlowItem,
  FlowsAnswer,
  PlaybooksAnswer,
  ResponseAnswer,
  SegmentationAnswer,
  SegmentationMap,
} from '@redoubt/agent/page';

const minute = 60_000;
const hour = 60 * minute;

function flows(now: number): FlowsAnswer {
  const flow = (
    direction: FlowItem['direction'],
    peer: string,
    port: number,
    program: string,
    userName: string,
    count: number,
  ): FlowItem => ({
    direction,
    protocol: 'tcp',
    source: direction === 'in' ? peer : '10.1.0.9',
    destination: direction === 'in' ? '10.1.0.9' : peer,
    port,
    program,
    user: userName === 'root' ? '0' : '33',
    userName,
    container: '',
    count,
    first: now - 6 * 24 * hour,
    last: now - count * 10,
  });
  return {
    flows: [
      flow('out', '10.2.0.7', 5432, '/usr/bin/node', 'www-data', 2204),
      flow('in', '10.1.0.5', 443, '/usr/sbin/nginx', 'www-data', 1445),
      flow('out', '10.2.0.8', 6379, '/usr/bin/node', 'www-data', 1204),
      flow('in', '203.0.113.9', 22, '/usr/sbin/sshd', 'root', 40),
      flow('in', '10.9.0.2', 22, '/usr/sbin/sshd', 'root', 4),
    ],
    unkept: 0,
    unreadable: 0,
  };
}

function zoneMap(now: number): SegmentationMap {
  const edge = (from: string, to: string, port: number, count: number, allowed = true) => ({
    from,
    to,
    protocol: 'tcp',
    port,
    count,
    last: now - minute,
    allowed,
    programs: ['/usr/bin/node'],
  });
  return {
    proposed: false,
    zones: ['own', 'app', 'admin', 'data', 'outside'].map(name => ({
      name,
      addresses: name === 'own' ? 1 : 2,
    })),
    edges: [
      edge('own', 'data', 5432, 2204),
      edge('app', 'own', 443, 1445),
      edge('own', 'data', 6379, 1204),
      edge('outside', 'own', 22, 40, false),
      edge('admin', 'own', 22, 4),
    ],
  };
}

const segmentation: SegmentationAnswer = {
  rung: 'audit',
  seen: 5_214,
  unkept: 0,
  outside: 40,
  refusals: { input: 40, output: 0, forward: 0 },
  refused: [{ chain: 'input', address: '203.0.113.9', protocol: 'tcp', port: 22, age: 312 }],
};

function bans(now: number): BansAnswer {
  return {
    rung: 'audit',
    total: 1,
    items: [
      {
        subject: '203.0.113.7',
        origin: 'redoubt',
        reason: 'sshd',
        since: now - 12 * minute,
        until: now + 28 * minute,
        times: 2,
        lines: ['Failed password for root from 203.0.113.7 port 41822 ssh2'],
      },
    ],
    jails: [
      {
        name: 'sshd',
        title: { en: 'SSH log-ins', zh: 'SSH 登录' },
        max_retries: 5,
        find_time: 10 * minute,
        ban_time: 10 * minute,
        max_ban_time: 7 * 24 * hour,
        reports_only: false,
        file: 'jails/sshd.yml',
      },
    ],
    allow: ['192.0.2.0/24'],
    evidence: true,
    counts: {
      offences: 61,
      offenders: 4,
      banned: 3,
      spared: 1,
      unconfirmed: 0,
      late: 0,
      dropped: 0,
      counting: 7,
      evicted: 0,
    },
    problems: [],
  };
}

function exposure(now: number): ExposureAnswer {
  return {
    checking: false,
    report: {
      time: now - 3 * hour,
      items: [
        {
          protocol: 'tcp',
          address: '0.0.0.0',
          port: 22,
          scope: 'public',
          reach: 'open',
          program: '/usr/sbin/sshd',
          user: 'root',
          service: 'SSH',
          issues: [
            {
              code: 'public-management',
              severity: 4,
              text: { en: 'SSH stands on a public address', zh: 'SSH 暴露在公网地址' },
              advice: { en: 'let only administrators’ addresses in', zh: '请只允许管理员地址访问' },
              mlps: ['8.1.3.2'],
            },
          ],
          severity: 4,
        },
      ],
      sshd: [],
      limits: [{ en: 'firewalls outside this host are not judged', zh: '未判断本机之外的防火墙' }],
    },
  };
}

const dns: DnsAnswer = {
  rows: 2,
  dropped: 0,
  forgotten: 0,
  questions: 812,
  answers: 809,
  unfollowed: 0,
  unjudged: 0,
  firewall: {
    lists: [{ name: 'hosts', names: 81_204, skipped: 2, samples: [{ line: 7, text: '???' }] }],
    names: 81_204,
    bytes: 2_100_000,
    rss: 61_000_000,
  },
};

function seen(now: number): DnsSeenAnswer {
  const item = (name: string, data: string) => ({
    name,
    type: 'A',
    data,
    first_time: now - 40 * 24 * hour,
    last_time: now - 2 * minute,
    count: 31,
    programs: ['/usr/bin/node'],
  });
  return { items: [item('db.internal.example', '10.2.0.7'), item('deb.debian.org', '151.101.2.132')] };
}

const reputation: DnsReputation = {
  name: 'xkqzjvwpl3h9d7.top',
  registered: 'xkqzjvwpl3h9d7.top',
  score: 55,
  reasons: [
    {
      points: 35,
      field: 'surprise',
      value: '10.31',
      text: { en: 'letters follow each other as in no usual name', zh: '字母排列不同于常见名称' },
    },
    {
      points: 20,
      field: 'first_seen',
      value: 'never',
      text: { en: 'never seen on this host', zh: '本机从未出现过' },
    },
  ],
};

function response(now: number): ResponseAnswer {
  return {
    kinds: [
      {
        name: 'suspend-tree',
        title: { en: 'Suspend a process tree', zh: '挂起进程树' },
        describe: { en: 'process: PID:START', zh: 'process：进程号:启动时间' },
        can_undo: true,
      },
    ],
    actions: [
      {
        uid: 'a-1',
        kind: 'suspend-tree',
        key: '4711:99',
        target: { process: '4711:99' },
        status: 'done',
        text: {
          en: 'suspend kworkerd (4711) and what came from it',
          zh: '挂起 kworkerd（4711）及其派生的进程',
        },
        by: 'li (console)',
        why: 'runs from memory',
        created: now - 20 * minute,
        until: now + 40 * minute,
        can_undo: true,
      },
    ],
  };
}

function playbooks(now: number): PlaybooksAnswer {
  const suspend = { name: 'suspend', action: 'suspend-tree', target: {}, optional: false };
  const end = { ...suspend, name: 'end', action: 'kill-tree', approval: { people: 2, within: hour } };
  return {
    troubles: [],
    playbooks: [
      {
        name: 'fileless-execution',
        title: { en: 'Fileless execution', zh: '无文件执行' },
        description: {
          en: 'Suspends a program that runs from memory; once two people agree, it is ended.',
          zh: '挂起仅在内存中运行的程序；经两人审批后终止。',
        },
        when: { rules: [], techniques: ['T1620'], severity: 4 },
        automatic: false,
        onFailure: 'keep',
        runsPerHour: 5,
        steps: [suspend, end],
        file: 'fileless-execution.yml',
        isShipped: true,
      },
    ],
    runs: [
      {
        uid: 'r-1',
        playbook: 'fileless-execution',
        title: { en: 'Fileless execution', zh: '无文件执行' },
        finding: 'f-0191a6f0',
        by: 'li (console)',
        created: now - 20 * minute,
        status: 'waiting',
        onFailure: 'keep',
        steps: [
          { ...suspend, status: 'done', attempt: 1, approvals: [] },
          {
            ...end,
            status: 'pending',
            attempt: 1,
            approvals: [{ by: 'wang (socket)', time: now - 5 * minute }],
            deadline: now + 40 * minute,
          },
        ],
      },
    ],
  };
}

/** The answer to a request that changes nothing; undefined for an address that is not of these parts. */
export function networkAnswer(name: string, what: string | undefined): unknown {
  const now = Date.now();
  const answers: Readonly<Record<string, () => unknown>> = {
    bans: () => bans(now),
    dns: () => dns,
    'dns/seen': () => seen(now),
    'dns/reputation': () => reputation,
    exposure: () => exposure(now),
    response: () => response(now),
    'response/playbooks': () => playbooks(now),
    segmentation: () => segmentation,
    'segmentation/flows': () => flows(now),
    'segmentation/map': () => zoneMap(now),
  };
  const path = what === undefined ? name : `${name}/${what}`;
  return Object.hasOwn(answers, path) ? answers[path]?.() : undefined;
}
