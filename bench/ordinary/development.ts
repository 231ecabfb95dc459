/** What developers do: version control, builds, scripts of every common language. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/command.ts';
import { writeProject } from '../workload/compile.ts';
import type { Step } from './step.ts';

function emptied(folder: string, name: string): string {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
}

/** A repository with history: clone, branch, merge, garbage collection, with a hook. */
export const gitWork: Step = {
  name: 'git clone, commit, gc',
  packages: ['git'],
  async work(folder) {
    const origin = emptied(folder, 'origin');
    const git = (cwd: string, ...args: string[]) =>
      run('git', ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', ...args], { cwd });
    await git(origin, 'init', '-q', '-b', 'main');
    const hook = join(origin, '.git/hooks/pre-commit');
    writeFileSync(hook, '#!/bin/sh\ngit diff --cached --check\n');
    chmodSync(hook, 0o755);
    for (let commit = 0; commit < 10; commit++) {
      for (let file = 0; file < 20; file++) {
        writeFileSync(join(origin, `file-${file}.txt`), `commit ${commit}, file ${file}\n`.repeat(50));
      }
      await git(origin, 'add', '-A');
      await git(origin, 'commit', '-q', '-m', `commit ${commit}`);
    }
    const clone = join(folder, 'clone');
    rmSync(clone, { recursive: true, force: true });
    await git(folder, 'clone', '-q', `file://${origin}`, clone);
    await git(clone, 'checkout', '-q', '-b', 'topic');
    writeFileSync(join(clone, 'new.txt'), 'new\n');
    await git(clone, 'add', '-A');
    await git(clone, 'commit', '-q', '-m', 'topic');
    await git(clone, 'push', '-q', 'origin', 'topic');
    await git(clone, 'gc', '-q');
    await git(clone, 'fsck');
  },
};

/** C and C++ with make, and the built programs run. */
export const buildWork: Step = {
  name: 'gcc, g++, make',
  packages: ['gcc', 'g++', 'make', 'libc6-dev'],
  async work(folder) {
    const project = emptied(folder, 'project');
    await writeProject(project, 3);
    await run('make', ['-s', '-j2', '-C', project]);
    await run(join(project, 'build/program'), []);
    writeFileSync(
      join(project, 'hello.c'),
      '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n',
    );
    await run('gcc', ['-O2', '-o', 'hello', 'hello.c'], { cwd: project });
    await run('strip', ['hello'], { cwd: project });
    await run('./hello', [], { cwd: project });
  },
};

const PYTHON = `
import ctypes, json, multiprocessing, sqlite3, subprocess, tempfile
callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)
assert callback(1) == 2
with tempfile.TemporaryDirectory() as folder:
    database = sqlite3.connect(folder + '/t.db')
    database.execute('create table t (a)')
    database.executemany('insert into t values (?)', [(i,) for i in range(1000)])
    database.commit()
subprocess.run(['ls', '/'], check=True, capture_output=True)
with multiprocessing.Pool(2) as pool:
    assert sum(pool.map(abs, range(-100, 100))) == 10000
`;

const NODE = `
let sum = 0; for (let i = 0; i < 5e6; i++) sum += Math.sqrt(i) % 7;
const { Worker } = require('node:worker_threads');
new Worker('for (let i = 0, s = 0; i < 1e6; i++) s += i', { eval: true });
new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
require('node:child_process').execFileSync('id');
`;

/** Python, Node and Perl, with what makes them write and run code in memory. */
export const scriptWork: Step = {
  name: 'python, node, perl scripts',
  packages: ['python3', 'perl'],
  async work(folder) {
    writeFileSync(join(folder, 'work.py'), PYTHON);
    await run('/usr/bin/python3', [join(folder, 'work.py')]);
    await run('/usr/bin/python3', ['-m', 'compileall', '-q', folder]);
    await run('node', ['-e', NODE]);
    await run('perl', [
      '-MPOSIX',
      '-MFile::Find',
      '-e',
      'find(sub { $n++ }, "/etc"); print uc("$n files\\n")',
    ]);
  },
};
