/** Analysis sandboxes: the interface, CAPE, and the one of this host. */
export { CapeSandbox, type CapeSettings } from './cape.ts';
export { LocalSandbox, type LocalSettings } from './local/local.ts';
export {
  analysed,
  type Observation,
  type Sample,
  type Sandbox,
  type SandboxReport,
  type SandboxState,
} from './sandbox.ts';
