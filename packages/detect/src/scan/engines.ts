/** Every engine of a scan. They are made in the thread that scans, out of settings that can be handed to it. */
import type { Engine } from './engine.ts';

/** Which engines there are and what they work with. Plain data. */
export interface EngineSettings {
  /** Files and folders of YARA rules (`.yar`, `.yara`). */
  readonly yaraRules: readonly string[];
  /** Unix socket of clamd; without it ClamAV is left out. */
  readonly clamdSocket?: string;
  /** File of an indicator library; without it hash indicators are left out. */
  readonly indicators?: string;
  /** File of TLSH digests of known bad files; without it they are left out. */
  readonly fuzzyHashes?: string;
  /** Names of the engines to use; all by default. */
  readonly only?: readonly string[];
}

/** Makes an engine, or undefined when the settings leave it out. Heavy modules are loaded in here, not before. */
type MakeEngine = (settings: EngineSettings) => Promise<Engine | undefined>;

const makers: Readonly<Record<string, MakeEngine>> = {
  indicators: async settings => (await import('./engines/indicators.ts')).makeIndicators(settings),
  'yara-x': async settings => (await import('./engines/yara-x.ts')).makeYaraX(settings),
  script: async () => (await import('./script/index.ts')).makeScriptJudge(),
  tlsh: async settings => (await import('./engines/fuzzy.ts')).makeFuzzy(settings),
  clamav: async settings => (await import('./engines/clamav.ts')).makeClamav(settings),
};

/** Names of all engines. */
export const engineNames: readonly string[] = Object.keys(makers);

/**
 * Makes the engines that the settings ask for.
 * @throws Error naming the engine that cannot be made, and why: a scan with less than was asked for is no scan
 */
export async function makeEngines(settings: EngineSettings): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const [name, make] of Object.entries(makers)) {
    if (settings.only !== undefined && !settings.only.includes(name)) continue;
    try {
      const engine = await make(settings);
      if (engine !== undefined) engines.push(engine);
    } catch (error) {
      await Promise.all(engines.map(made => made.close?.()));
      const words = error instanceof Error ? error.message : String(error);
      throw new Error(`engine ${name}: ${words}`, { cause: error });
    }
  }
  return engines;
}
