/** A C++ compile: a generated project whose files include the heavy parts of the standard library. */
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../lib/command.ts';
import type { Workload } from './workload.ts';

const HEADERS = [
  'algorithm',
  'filesystem',
  'functional',
  'iostream',
  'map',
  'random',
  'regex',
  'string',
  'vector',
];

function source(i: number): string {
  return `${HEADERS.map(name => `#include <${name}>`).join('\n')}

int part_${i}(const std::string &text) {
  std::map<std::string, std::vector<int>> places;
  std::regex word("[a-z]+${i}?");
  for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at)
    places[at->str()].push_back(static_cast<int>(at->position()));
  std::mt19937 random(${i});
  for (auto &[name, list] : places) std::shuffle(list.begin(), list.end(), random);
  return static_cast<int>(places.size());
}
`;
}

/** Writes a project of `files` sources and a Makefile into `folder`. */
export async function writeProject(folder: string, files: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const numbers = Array.from({ length: files }, (_, i) => i);
  for (const i of numbers) writeFileSync(join(folder, `part-${i}.cc`), source(i));
  const declarations = numbers.map(i => `int part_${i}(const std::string &);`).join('\n');
  const sum = numbers.map(i => `part_${i}(argv[0])`).join(' + ');
  const main = `#include <string>\n${declarations}\nint main(int, char **argv) { return ${sum} < 0; }\n`;
  writeFileSync(join(folder, 'main.cc'), main);
  const objects = ['main', ...numbers.map(i => `part-${i}`)].map(name => `build/${name}.o`).join(' ');
  writeFileSync(
    join(folder, 'Makefile'),
    `build/program: ${objects}\n\tg++ -o $@ $^\nbuild/%.o: %.cc\n\t@mkdir -p build\n\tg++ -std=c++17 -c -o $@ $<\n`,
  );
}

/** `make -j2` of the project from scratch. */
export const compile: Workload = {
  name: 'C++ compile',
  operation: { en: 'source file', zh: '个源文件' },
  packages: ['g++', 'make'],
  bar: 1.03,
  async prepare(folder, { scale }) {
    const files = Math.ceil(4 * scale);
    const project = join(folder, 'project');
    await writeProject(project, files);
    return {
      async run() {
        rmSync(join(project, 'build'), { recursive: true, force: true });
        const begun = performance.now();
        await run('make', ['-s', '-j2', '-C', project]);
        return { seconds: (performance.now() - begun) / 1000, operations: files };
      },
    };
  },
};
