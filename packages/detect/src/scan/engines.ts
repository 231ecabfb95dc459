/** Every engine of a scan. They are made in the thread that scans, out of settings that can be handed to it. */
import type { Engine } from './engine.ts';

/** Which engines there are and what they work with. Plain data. */
export interface EngineSettings {
  /** Files and folders of YARA rules (`.yar`, `.yara`). */
  readonly yaraRules: readonly string[];
  /** Unix socket of clamd; without it ClamAV is left out. */
  readonly clamdSocket?: string;
  /**
   * Bytes of a file up to which that clamd is known to look at it; ClamAV's usual ones by default. A larger one it may
   * call clean unseen: it is sent over the socket, where clamd says so when something is too long.
   */
  readonly clamdMost?: number;
  /** File of an indicator library; without it hash indicators are left out. */
  readonly indicators?: string;
  /** File of TLSH digests of known bad files; without it they are left out. */
  readonly fuzzyHashes?: string;
  /** File of the learned model; the one that ships by default. */
  readonly model?: string;
  /** Names of the engines to use; all by default. */
  readonly only?: readonly string[];
}

/** How an engine is made. Heavy modules are loaded in here, not before. */
interface Maker {
  /** Whether it has another process read the content. */
  readonly isElsewhere?: true;
  /** Makes it; undefined when the settings leave it out. */
  make(settings: EngineSettings): Promise<Engine | undefined>;
  /** The version that it would have, where that is told without making it; undefined when it is left out. */
  version?(settings: EngineSettings): Promise<string | undefined>;
}

const makers: Readonly<Record<string, Maker>> = {
  indicators: {
    make: async settings => (await import('./engines/indicators.ts')).makeIndicators(settings),
  },
  'yara-x': {
    make: async settings => (await import('./engines/yara-x.ts')).makeYaraX(settings),
    version: async settings => (await import('./engines/yara-x.ts')).yaraXVersion(settings),
  },
  tlsh: { make: async settings => (await import('./engines/fuzzy.ts')).makeFuzzy(settings) },
  script: { make: async () => (await import('./script/index.ts')).makeScriptJudge() },
  static: { make: async ({ model }) => (await import('./static/index.ts')).makeStaticEngine(model) },
  clamav: {
    isElsewhere: true,
    make: async settings => (await import('./engines/clamav.ts')).makeClamav(settings),
  },
};

/** Names of all engines. */
export const engineNames: readonly string[] = Object.keys(makers);

/** Whether an engine has another process read the content. @param name of the engine */
export function isElsewhere(name: string): boolean {
  return makers[name]?.isElsewhere === true;
}

/**
 * Makes the engines that the settings ask for.
 * @throws Error naming the engine that cannot be made, and why: a scan with less than was asked for is no scan
 */
export async function makeEngines(settings: EngineSettings): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const [name, maker] of chosen(settings)) {
    try {
      const engine = await maker.make(settings);
      if (engine !== undefined) engines.push(engine);
    } catch (error) {
      await Promise.all(engines.map(made => made.close?.()));
      throw named(name, error);
    }
  }
  return engines;
}

/** An engine and its version: what cached verdicts depend on. */
export interface EngineVersion {
  readonly name: string;
  readonly version: string;
}

/**
 * The versions of the engines that the settings ask for, told without making them where that is heavy.
 * @throws Error naming the engine that cannot be had, and why
 */
export async function engineVersions(settings: EngineSettings): Promise<EngineVersion[]> {
  const versions: EngineVersion[] = [];
  for (const [name, maker] of chosen(settings)) {
    try {
      const version =
        maker.version === undefined ? await madeVersion(maker, settings) : await maker.version(settings);
      if (version !== undefined) versions.push({ name, version });
    } catch (error) {
      throw named(name, error);
    }
  }
  return versions;
}

async function madeVersion(maker: Maker, settings: EngineSettings): Promise<string | undefined> {
  const engine = await maker.make(settings);
  await engine?.close?.();
  return engine?.version;
}

function chosen({ only }: EngineSettings): [string, Maker][] {
  return Object.entries(makers).filter(([name]) => only === undefined || only.includes(name));
}

function named(engine: string, error: unknown): Error {
  return new Error(`engine ${engine}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
