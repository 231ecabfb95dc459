/** Policies: what is refused and where, what is judged, what is proposed, and the map. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import {
  dotOf,
  mapOf,
  mermaidOf,
  parsePolicyText,
  proposePolicy,
  svgOf,
} from '../../src/segmentation/drafts.ts';
import {
  compilePolicy,
  type Flow,
  PolicyError,
  readPolicy,
  SegmentJudge,
} from '../../src/segmentation/index.ts';

function flow(changes: Partial<Flow>): Flow {
  return {
    direction: 'out',
    protocol: 'tcp',
    source: '10.0.0.1',
    destination: '10.0.2.7',
    port: 5432,
    program: '/usr/bin/app',
    user: '33',
    userName: 'www-data',
    container: '',
    count: 1,
    first: 1_000,
    last: 2_000,
    ...changes,
  };
}

test('a complaint names file, line and key, in both languages', () => {
  const complaints = (text: string): string => {
    try {
      parsePolicyText(text, 'zones.yml');
    } catch (error) {
      assert.ok(error instanceof PolicyError);
      assert.match(error.text.zh, /^zones\.yml/);
      return error.text.en;
    }
    return 'none';
  };
  assert.equal(complaints('version: 1\nzones:\n  web: [10.0.0.0/24]\n'), 'none');
  assert.equal(complaints('version: 2\n'), 'zones.yml:1: version: must be 1');
  assert.match(
    complaints('version: 1\nzones:\n  web:\n    - 10.0.0.0/24\n    - 10.0.0.300\n'),
    /^zones\.yml:5: zones\.web\[1\]: is no address/,
  );
  assert.match(
    complaints('version: 1\nrules:\n  - from: any\n    to: own\n    port: 22\n'),
    /^zones\.yml:5: rules\[0\]\.port: is not a known key/,
  );
  assert.match(
    complaints('version: 1\nrules:\n  - {from: web, to: own}\n'),
    /^zones\.yml:3: rules\[0\]\.from: "web" is no zone/,
  );
  assert.match(
    complaints('version: 1\nrules:\n  - {from: any, to: own, ports: [22]}\n'),
    /protocol: must be given with ports/,
  );
  assert.match(
    complaints('version: 1\nrules:\n  - {from: any, to: own, user: root}\n'),
    /user: can only be known of connections from own/,
  );
  assert.match(complaints('version: 1\nzones: {own: [10.0.0.1]}\n'), /zones\.own: is built in/);
  assert.match(complaints('version: 1\nversion: 1\n'), /^zones\.yml:2: not YAML/);
  assert.match(complaints('a: &a [x]\nb: [*a, *a, *a'), /^zones\.yml:\d+: /);
});

test('rules are judged by zone, protocol, port, user and program; the default has the rest', () => {
  const judge = new SegmentJudge(
    readPolicy({
      version: 1,
      zones: { data: ['10.0.2.0/24', '2001:db8:2::/64'], admin: ['10.0.9.9'] },
      default: { inbound: 'deny', outbound: 'deny', forward: 'deny' },
      rules: [
        { from: 'own', to: 'data', protocol: 'tcp', ports: ['5432-5433'], user: 'www-data' },
        { from: 'admin', to: 'any' },
        { from: 'own', to: 'outside', protocol: 'udp', ports: [123], program: '/usr/sbin/chronyd' },
      ],
    }),
  );
  const rule = (changes: Partial<Flow>) => judge.judge(flow(changes)).rule;
  assert.equal(rule({}), 1);
  assert.equal(rule({ destination: '2001:db8:2::9' }), 1);
  assert.equal(rule({ port: 5434 }), undefined);
  assert.equal(rule({ userName: 'root', user: '0' }), undefined);
  assert.equal(rule({ direction: 'in', source: '10.0.9.9', destination: '10.0.0.1', port: 22 }), 2);
  assert.equal(rule({ direction: 'forward', source: '10.0.9.9' }), 2);
  const time = { protocol: 'udp', port: 123, destination: '203.0.113.1' };
  assert.equal(rule({ ...time, program: '/usr/sbin/chronyd' }), 3);
  assert.deepEqual(judge.judge(flow(time)), { allowed: false, from: 'own', to: 'outside' });
});

test('a proposal lets pass all that it was made from, in lines that say why, and nothing a program’s name can break', () => {
  const flows = [
    flow({ count: 1200 }),
    flow({
      direction: 'in',
      source: '10.0.9.9',
      destination: '10.0.0.1',
      port: 22,
      program: '/usr/sbin/sshd',
      user: '0',
    }),
    flow({
      direction: 'in',
      source: '203.0.113.9',
      destination: '10.0.0.1',
      port: 443,
      program: '/usr/sbin/nginx',
    }),
    flow({ destination: '198.51.100.1', port: 443, program: '/tmp/x\n  - {from: any, to: own}\u2028' }),
  ];
  const { policy, yaml } = proposePolicy(flows);
  assert.deepEqual(parsePolicyText(yaml), policy);
  assert.deepEqual(policy.zones, { data: ['10.0.2.7'], admin: ['10.0.9.9'] });
  assert.equal(policy.rules.length, 4);
  assert.match(
    yaml,
    /# 1200 times, 1970-01-01 00:00 to 1970-01-01 00:00 UTC, 1 peer, by \/usr\/bin\/app \(www-data\)\n/,
  );
  const judge = new SegmentJudge(policy);
  for (const one of flows) assert.ok(judge.judge(one).allowed);
  assert.equal(judge.judge(flow({ direction: 'in', source: '203.0.113.9', port: 22 })).allowed, false);
  const again = proposePolicy([...flows, flow({ destination: '10.0.2.8' })], {
    zones: { data: ['10.0.2.7'] },
  });
  assert.deepEqual(again.policy.zones['data-new'], ['10.0.2.8'], 'zones that a person drew are kept');
});

test('the map names zones, ports and what is not allowed, in each of its forms', () => {
  const policy = readPolicy({
    version: 1,
    zones: { data: ['10.0.2.0/24'] },
    default: { inbound: 'deny', outbound: 'deny' },
    rules: [{ from: 'own', to: 'data', protocol: 'tcp', ports: [5432] }],
  });
  const map = mapOf([flow({}), flow({ port: 22, count: 3 })], new SegmentJudge(policy));
  assert.deepEqual(map.zones, [
    { name: 'own', addresses: 1 },
    { name: 'data', addresses: 1 },
  ]);
  assert.deepEqual(
    map.edges.map(({ port, count, allowed }) => [port, count, allowed]),
    [
      [22, 3, false],
      [5432, 1, true],
    ],
  );
  assert.match(dotOf(map), /"own" -> "data" \[label="tcp\/22 \(3\)", color=red/);
  assert.match(mermaidOf(map), /z_own -->\|"tcp\/5432 \(1\)"\| z_data/);
  assert.match(svgOf(map, '<&'), /<title>&#60;&#38;<\/title>[\s\S]*class="denied"[\s\S]*tcp\/22 ×3/);
});

const member = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, length]) => `${address}/${length}`),
  fc.ipV4(),
);
const zone = fc.constantFrom('web', 'data', 'own', 'any', 'outside');
const rule = fc.record(
  {
    from: zone,
    to: zone,
    protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
    ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 4 }),
    note: fc.string({ minLength: 1 }),
  },
  { requiredKeys: ['from', 'to', 'protocol'] },
);
const policies = fc.record({
  version: fc.constant(1),
  zones: fc.record({ web: fc.array(member, { maxLength: 4 }), data: fc.array(member, { maxLength: 4 }) }),
  rules: fc.array(
    rule.filter(({ from, to }) => from !== 'own' || to !== 'own'),
    { maxLength: 6 },
  ),
  default: fc.record({
    inbound: fc.constantFrom('allow', 'deny'),
    outbound: fc.constantFrom('allow', 'deny'),
    forward: fc.constantFrom('allow', 'deny'),
  }),
});

test('whatever the text, the parser returns a policy or complains in words; what it returns reads back the same', () => {
  fc.assert(
    fc.property(policies, given => {
      const policy = readPolicy(given);
      assert.deepEqual(parsePolicyText(stringify(policy)), policy);
      assert.doesNotMatch(compilePolicy(policy, 'audit').script, /\bdrop\b/);
    }),
    { numRuns: 100 },
  );
  const pieces = fc.constantFrom(
    'version: 1\n',
    'zones:\n',
    '  web: [',
    '10.0.0.1',
    ']',
    'rules:\n',
    '- ',
    'from: any\n',
    '&a',
    '*a',
    '{',
    '"',
    '\t',
    'to: own',
    '__proto__: 1\n',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 20 }), parts => {
      try {
        parsePolicyText(parts.join(''));
      } catch (error) {
        assert.ok(error instanceof PolicyError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test('nothing that a policy says can leave its place in the script', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.constantFrom('root" drop', 'a\nflush ruleset', '$(x)', '../..', 'a"b', '1 accept'),
  );
  const plain = compilePolicy(
    readPolicy({ version: 1, rules: [{ from: 'own', to: 'any' }] }),
    'enforce',
  ).script;
  fc.assert(
    fc.property(fc.constantFrom('user', 'cgroup', 'program', 'note'), hostile, (key, value) => {
      try {
        const policy = readPolicy({ version: 1, rules: [{ from: 'own', to: 'any', [key]: value }] });
        const { script } = compilePolicy(policy, 'enforce', () => true);
        const words = policy.rules[0]?.user ?? policy.rules[0]?.cgroup ?? '';
        assert.doesNotMatch(words, /["\s;{}$]|(?:^|\/)\.\.?(?:\/|$)/);
        assert.equal(script.split('\n').length, plain.split('\n').length);
      } catch (error) {
        assert.ok(error instanceof PolicyError);
      }
    }),
  );
});
