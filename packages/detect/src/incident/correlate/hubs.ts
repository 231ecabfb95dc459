/** Processes that everything on a host comes from: having one in common means nothing. */
import type { ProcessEntity } from '@redoubt/model';

/** Programs that start what has nothing to do with each other, wherever they stand in the tree. */
const alwaysHubs = new Set([
  'init',
  'systemd',
  'kthreadd',
  'systemd-executor',
  'dockerd',
  'containerd',
  'containerd-shim',
  'containerd-shim-runc-v2',
  'runc',
  'crun',
  'crio',
  'conmon',
  'podman',
  'kubelet',
  'docker-init',
  'supervisord',
  's6-svscan',
  'runsvdir',
  'smss.exe',
  'csrss.exe',
  'wininit.exe',
  'winlogon.exe',
  'userinit.exe',
  'explorer.exe',
  'services.exe',
  'svchost.exe',
  'taskhostw.exe',
  'wmiprvse.exe',
  'lsass.exe',
]);

/**
 * Daemons that serve everyone, as long as they are the daemon itself: what they fork for one session or one job
 * has the same name, but the daemon as its parent.
 */
const daemonHubs = new Set([
  'sshd',
  'cron',
  'crond',
  'anacron',
  'atd',
  'inetd',
  'xinetd',
  'haproxy',
  'envoy',
  'squid',
  'traefik',
  'tinyproxy',
]);

/** Folders that only the administrator can write to. A program elsewhere may call itself what it likes. */
const systemFolder =
  /^(?:\/(?:usr\/)?(?:local\/)?(?:s?bin|lib(?:exec|64|32)?)\/|\/opt\/|\/nix\/store\/|c:\\windows\\)/i;

function programName({ file, name }: ProcessEntity): string | undefined {
  const path = file?.path;
  if (path === undefined || path === '') return name?.toLowerCase();
  if (!systemFolder.test(path)) return undefined;
  return path
    .slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
    .replace(/ \(deleted\)$/, '')
    .toLowerCase();
}

/** Whether a process is one of those that stand at the root of everything. */
function isRoot(process: ProcessEntity): boolean {
  if (process.pid !== undefined && process.pid <= 2) return true;
  return alwaysHubs.has(programName(process) ?? '');
}

/**
 * Whether a process is a hub.
 * @param parent its parent, undefined when not known: then a daemon's name is taken for the daemon
 */
export function isHub(process: ProcessEntity, parent: ProcessEntity | undefined): boolean {
  if (isRoot(process)) return true;
  if (!daemonHubs.has(programName(process) ?? '')) return false;
  return parent === undefined || isRoot(parent);
}
