/**
 * Trains the model of names: `node packages/detect/src/dns/train/main.ts`. What it learns from is what Debian's
 * package lists publish: the hosts of home pages, the domains of maintainers, and the names of packages.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NameModel } from '../name-model.ts';
import { isHeld, lawfulLabels } from './lawful.ts';

const labels = lawfulLabels();
const model = NameModel.train(
  labels.filter(label => !isHeld(label, 'bench') && !isHeld(label, 'limits')),
  labels.filter(label => isHeld(label, 'limits')),
);
const path = join(import.meta.dirname, '../../../../../content/models/dns-names.bin');
writeFileSync(path, gzipSync(model.bytes(), { level: 9 }));
console.log(`${labels.length} labels; ${path}`);
