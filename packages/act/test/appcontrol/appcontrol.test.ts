/** What may run and why: rules, packages, catalogs; settings from outside; the policy for Windows. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  createState,
  digestOfFile,
  ed25519Signer,
  ed25519Verifier,
  filesCollector,
  makeKeyPair,
  signDigest,
  Vault,
} from '@redoubt/baseline';
import { PackageOwners } from '@redoubt/observe';
import fc from 'fast-check';
import {
  type AppControlSettings,
  type AppDecision,
  appControlDefaults,
  CatalogStore,
  GoldenPrograms,
  hashesOf,
  judgeProgram,
  OwnPrograms,
  openCatalog,
  PackageDigests,
  parseAppControl,
  parseCatalog,
  signCatalog,
  wdacPolicy,
} from '../../src/appcontrol/index.ts';
import { LadderError } from '../../src/index.ts';

function keys() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}

function catalogText(issue: number, ...contents: string[]): string {
  const entries = contents.map(content => ({ sha256: createHash('sha256').update(content).digest('hex') }));
  return JSON.stringify({
    format: 'redoubt-catalog',
    name: 'shop',
    owner: 'Shop',
    issue,
    created: 1,
    entries,
  });
}

const owners = new PackageOwners();

class World {
  readonly folder: string;
  readonly catalogs: CatalogStore;
  /** Owners: only the package `hello` with /usr/bin/hello. */
  readonly packages: PackageDigests;
  readonly golden: GoldenPrograms;
  readonly own: OwnPrograms;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'redoubt-appcontrol-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.catalogs = new CatalogStore(join(this.folder, 'catalogs'));
    this.packages = new PackageDigests('/', owners);
    this.golden = new GoldenPrograms(join(this.folder, 'baseline'));
    this.own = new OwnPrograms([join(this.folder, 'own'), join(this.folder, 'not-there')]);
  }

  file(name: string, content: string, mode = 0o755): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  async judge(path: string, settings: Partial<AppControlSettings> = {}, shown = path): Promise<AppDecision> {
    const fd = openSync(path, 'r');
    try {
      return await judgeProgram(fd, shown, { ...appControlDefaults, ...settings }, this);
    } finally {
      closeSync(fd);
    }
  }
}

test('what nothing knows is denied', async t => {
  const world = new World(t);
  const decision = await world.judge(world.file('x', 'x'));
  assert.deepEqual([decision.allow, decision.by, decision.isStable], [false, 'nothing', true]);
  assert.equal(decision.sha256, createHash('sha256').update('x').digest('hex'));
});

test('Redoubt’s own programs run as they were when the gate was set up, unless a rule denies them', async t => {
  const world = new World(t);
  const path = world.file('own', 'own');
  await world.own.refresh();
  const decision = await world.judge(path);
  assert.deepEqual([decision.allow, decision.by], [true, 'redoubt']);
  assert.equal((await world.judge(path, { rules: [{ action: 'deny', path }] })).allow, false);
  assert.equal((await world.judge(world.file('copy', 'own'))).allow, false, 'elsewhere');
  world.file('own', 'changed');
  await world.own.refresh();
  assert.equal((await world.judge(path)).allow, false, 'changed');
});

test('rules: by place, by content, by owner; denying ones first', async t => {
  const world = new World(t);
  const path = world.file('x', 'x');
  const sha256 = createHash('sha256').update('x').digest('hex');
  const owner = process.getuid?.() ?? 0;
  const allowed = async (rules: AppControlSettings['rules'], shown?: string) =>
    (await world.judge(path, { rules }, shown)).allow;
  assert.equal(await allowed([{ action: 'allow', path: world.folder }]), true);
  assert.equal(await allowed([{ action: 'allow', path: `${world.folder}-other` }]), false);
  assert.equal(await allowed([{ action: 'allow', path: world.folder.slice(0, -1) }]), false, 'no half names');
  assert.equal(await allowed([{ action: 'allow', sha256 }]), true);
  assert.equal(await allowed([{ action: 'allow', path, sha256: '0'.repeat(64) }]), false);
  assert.equal(await allowed([{ action: 'allow', path, owner }]), true);
  assert.equal(await allowed([{ action: 'allow', path, owner: owner + 1 }]), false);
  assert.equal(
    await allowed([
      { action: 'allow', path },
      { action: 'deny', sha256 },
    ]),
    false,
  );
  // A container's /bin/x is not the host's.
  assert.equal(await allowed([{ action: 'allow', path: '/bin' }], '/bin/sh'), false);
  chmodSync(path, 0o777);
  assert.equal(await allowed([{ action: 'allow', path, owner }]), false, 'anybody could have written it');
});

test('a file of a package runs as the package has it, and not once it was changed', async t => {
  const world = new World(t);
  const { packages } = world;
  const path = '/usr/bin/env';
  const decision = await world.judge(path);
  assert.deepEqual([decision.allow, decision.by, decision.package], [true, 'package', 'coreutils']);
  assert.equal((await packages.check(path, '0'.repeat(32)))?.content, 'changed');
  const copy = join(world.folder, 'env');
  copyFileSync(path, copy);
  assert.equal((await world.judge(copy)).allow, false, 'the same content elsewhere is no file of a package');
  assert.equal((await world.judge(copy, {}, path)).allow, false, 'nor under a path that leads elsewhere');
  assert.equal((await world.judge(path, { packages: false })).allow, false);
});

test('a catalog counts when its owner has signed it', async t => {
  const world = new World(t);
  const shop = keys();
  const path = world.file('plug-in', 'plug-in');
  world.catalogs.add(signCatalog(catalogText(2, 'plug-in'), shop.privateKey), shop.publicKey);
  const decision = await world.judge(path);
  assert.deepEqual([decision.allow, decision.by], [true, 'catalog']);
  assert.match(decision.text.en, /catalog shop of Shop/);
  assert.equal((await world.judge(path, { catalogs: false })).allow, false);

  const again = new CatalogStore(join(world.folder, 'catalogs'));
  assert.deepEqual(again.refused, []);
  assert.equal(again.find(decision.sha256)?.name, 'shop');
  assert.ok(again.remove('shop'));
  assert.equal(again.find(decision.sha256), undefined);
});

test('a catalog is refused: changed, by another key, older, no catalog', t => {
  const world = new World(t);
  const [shop, other] = [keys(), keys()];
  const signed = signCatalog(catalogText(2, 'a'), shop.privateKey);
  const refused = (pattern: RegExp, work: () => unknown): void => {
    assert.throws(work, (error: unknown) => error instanceof LadderError && pattern.test(error.text.en));
  };
  refused(/signature/, () => openCatalog({ ...signed, catalog: catalogText(2, 'b') }, shop.publicKey));
  refused(/signature/, () => openCatalog(signed, other.publicKey));
  refused(/key cannot be read/, () => openCatalog(signed, 'nonsense'));
  refused(/no JSON/, () => signCatalog('{', shop.privateKey));
  world.catalogs.add(signed, shop.publicKey);
  refused(/another key/, () =>
    world.catalogs.add(signCatalog(catalogText(3, 'a'), other.privateKey), other.publicKey),
  );
  refused(/older/, () =>
    world.catalogs.add(signCatalog(catalogText(1, 'a'), shop.privateKey), shop.publicKey),
  );
  const file = join(world.folder, 'catalogs', 'shop.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"issue', '"Issue').replace('issue', 'issuf'));
  const again = new CatalogStore(join(world.folder, 'catalogs'));
  assert.equal(again.refused.length, 1);
  assert.deepEqual(again.list(), []);
});

test('what the golden state has runs as it is there, once the state is signed', async t => {
  const world = new World(t);
  const vault = new Vault(join(world.folder, 'baseline'));
  const program = world.file('tool', 'tool');
  const data = world.file('data', 'data', 0o644);
  const filePolicy = `version: 1\npaths: [${world.folder}]\nclasses: []\n`;
  const made = await createState(
    filesCollector({ content: '', filePolicy }),
    { root: '/' },
    { who: 'test', why: 'test' },
    { vault, host: { name: 'here', id: 'here' }, redoubt: '0' },
  );
  await world.golden.refresh();
  assert.equal((await world.judge(program)).allow, false, 'nobody has signed it yet');
  await makeKeyPair(vault.keyFile, vault.publicKeyFile);
  const signer = await ed25519Signer(vault.keyFile);
  const signature = await signDigest(await digestOfFile(made.entry.file), signer);
  await vault.sign(made.entry, signature, [await ed25519Verifier(vault.publicKeyFile)]);
  assert.equal(await world.golden.refresh(), true);
  assert.equal(await world.golden.refresh(), false, 'nothing new');
  const decision = await world.judge(program);
  assert.deepEqual([decision.allow, decision.by], [true, 'golden state']);
  assert.equal((await world.judge(program, { golden: false })).allow, false);
  assert.equal((await world.judge(data)).allow, false, 'what was no program then');
  const copy = world.file('copy', 'tool');
  assert.equal((await world.judge(copy)).allow, false, 'the same content elsewhere');
  writeFileSync(program, 'changed');
  assert.equal((await world.judge(program)).allow, false);
  writeFileSync(made.entry.file, Buffer.concat([readFileSync(made.entry.file), Buffer.from('x')]));
  const again = new GoldenPrograms(vault.directory);
  await again.refresh();
  assert.deepEqual([again.size, again.refused !== undefined], [0, true], 'a state that was changed');
});

test('settings and catalogs from outside never do anything but parse or be refused in words', () => {
  assert.throws(
    () => parseAppControl({ rules: [{ action: 'allow' }] }),
    /rules\[0\] needs a path or a sha256/,
  );
  assert.throws(() => parseAppControl({ rules: [{ action: 'allow', path: '/a/../b' }] }), /must not contain/);
  assert.throws(() => parseAppControl({ rulse: [] }), /rulse is not known/);
  assert.throws(() => parseAppControl({ watch: ['unit:-x y'] }), /watch\[0\]/);
  assert.deepEqual(parseAppControl({}), appControlDefaults);
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      for (const parse of [() => parseAppControl(value), () => parseCatalog(JSON.stringify(value))]) {
        try {
          parse();
        } catch (error) {
          assert.ok(error instanceof LadderError, String(error));
        }
      }
    }),
  );
});

test('the policy for Windows is what the schema of Windows demands, audited or enforced', () => {
  const check = (xml: string): number | null => {
    const schema = join(import.meta.dirname, 'wdac.xsd');
    const { status, error } = spawnSync('xmllint', ['--noout', '--schema', schema, '-'], { input: xml });
    if (error !== undefined) throw error;
    return status;
  };
  const hashes = hashesOf([
    { action: 'allow', sha256: 'ab'.repeat(32), note: 'shop & "friends" <x>\u0007' },
    { action: 'deny', sha256: 'cd'.repeat(32), path: '/x' },
    { action: 'allow', path: '/opt' },
  ]);
  assert.equal(hashes.length, 2);
  const xml = wdacPolicy(hashes, true);
  const enforced = wdacPolicy(hashes, false);
  for (const policy of [xml, enforced, wdacPolicy([], true)]) {
    assert.equal(check(policy), 0);
    // A policy that lets nothing of Windows run leaves a machine that does not start.
    for (const mode of ['KERNEL', 'USER']) assert.ok(policy.includes(`SignerId="ID_SIGNER_${mode}_WINDOWS"`));
  }
  // What the check is worth: each of these Windows would refuse.
  for (const [from, to] of [
    ['ID_ALLOW_R_1', 'ID_ALLOW_1'],
    ['Enabled:UMCI', 'Enabled:UMC'],
    ['{2E07F7E4-', '2E07F7E4-'],
    ['Hash="AB', 'Hash="A'],
    ['Value="131"', 'Value="1310"'],
    ['<VersionEx>10.0.0.0', '<VersionEx>10.0'],
  ] as const)
    assert.notEqual(check(xml.replaceAll(from, to)), 0, from);
  assert.match(xml, /FriendlyName="shop &amp; &quot;friends&quot; &lt;x&gt;\ufffd" Hash="(AB){32}" \/>/);
  const defined = Array.from(xml.matchAll(/<(?:Allow|Deny) ID="(\w+)"/g), match => match[1]);
  const named = Array.from(xml.matchAll(/RuleID="(\w+)"/g), match => match[1]);
  assert.deepEqual(named, defined, 'every rule is referred to once');
  // Kernel mode first, then user mode, which has the rules.
  assert.deepEqual(
    Array.from(xml.matchAll(/<SigningScenario Value="(\d+)"/g), match => match[1]),
    ['131', '12'],
  );
  assert.match(xml, /<Option>Enabled:Audit Mode<\/Option>/);
  assert.doesNotMatch(enforced, /Audit Mode/);
});
