/** The catalogs that were added on this host, one file each, checked again whenever they are loaded. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual } from '@redoubt/model';
import { readSmallFile, replaceFile } from '@redoubt/store/durable';
import { LadderError, wordsOf } from '../ladder/protection.ts';
import { type Catalog, catalogNamePattern, openCatalog, type SignedCatalog } from './catalog.ts';

interface Stored extends SignedCatalog {
  readonly key: string;
}

const sizeLimit = 256 * 1024 * 1024;

/** Catalogs below a folder, and which program is in which. */
export class CatalogStore {
  readonly #folder: string;
  readonly #catalogs = new Map<string, { catalog: Catalog; key: string }>();
  /** Name of the catalog by SHA-256. */
  #programs = new Map<string, string>();
  /** Files that could not be used, and why. */
  readonly refused: { readonly file: string; readonly text: Bilingual }[] = [];

  /** Loads what is there. A catalog that does not check is left out and stands in `refused`. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
      try {
        const stored = JSON.parse(readSmallFile(join(folder, file), sizeLimit) ?? '') as Stored;
        const catalog = openCatalog(stored, stored.key);
        this.#catalogs.set(catalog.name, { catalog, key: stored.key });
      } catch (error) {
        this.refused.push({ file, text: wordsOf(error) });
      }
    }
    this.#index();
  }

  /** All catalogs, by name. */
  list(): Catalog[] {
    return [...this.#catalogs.values()].map(({ catalog }) => catalog);
  }

  /** The catalog that has a program. */
  find(sha256: string): Catalog | undefined {
    const name = this.#programs.get(sha256);
    return name === undefined ? undefined : this.#catalogs.get(name)?.catalog;
  }

  /**
   * Adds a catalog, or a later issue of one. Under a name that is taken only the same key may speak, and never an
   * older issue. @throws LadderError
   */
  add(signed: SignedCatalog, key: string): Catalog {
    const catalog = openCatalog(signed, key);
    const before = this.#catalogs.get(catalog.name);
    if (before !== undefined && before.key.trim() !== key.trim()) {
      throw new LadderError('bad_settings', {
        en: `catalog ${catalog.name} belongs to ${before.catalog.owner}, who signs with another key; remove it first`,
        zh: `目录 ${catalog.name} 属于 ${before.catalog.owner}，其签名密钥不同；请先移除`,
      });
    }
    if (before !== undefined && before.catalog.issue > catalog.issue) {
      throw new LadderError('bad_settings', {
        en: `issue ${catalog.issue} of ${catalog.name} is older than issue ${before.catalog.issue}, which is here`,
        zh: `${catalog.name} 的第 ${catalog.issue} 期早于现有的第 ${before.catalog.issue} 期`,
      });
    }
    replaceFile(join(this.#folder, `${catalog.name}.json`), JSON.stringify({ ...signed, key }));
    this.#catalogs.set(catalog.name, { catalog, key });
    this.#index();
    return catalog;
  }

  /** Takes a catalog away. @returns whether there was one */
  remove(name: string): boolean {
    if (!catalogNamePattern.test(name) || !this.#catalogs.delete(name)) return false;
    rmSync(join(this.#folder, `${name}.json`), { force: true });
    this.#index();
    return true;
  }

  #index(): void {
    const programs = new Map<string, string>();
    for (const { catalog } of this.#catalogs.values())
      for (const { sha256 } of catalog.entries) programs.set(sha256, catalog.name);
    this.#programs = programs;
  }
}
