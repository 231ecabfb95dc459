/** From a cgroup path to the container and pod that it belongs to. */
import type { Container } from '@redoubt/model';

/** One way in which a runtime names the cgroup of a container. The first group of `pattern` is the id. */
interface CgroupNaming {
  runtime: string;
  /** Matched against one component of the path. */
  pattern: RegExp;
  /** When given, an earlier component must match as well. */
  below?: RegExp;
}

const hexId = '[0-9a-f]{64}';

/**
 * How runtimes name cgroups. Sources: the systemd and cgroupfs drivers of runc/libcontainer
 * ("<prefix>-<id>.scope" and "/<parent>/<id>"), cri-o ("crio-"), Podman's libpod ("libpod-"), LXC
 * ("lxc.payload.<name>" and "lxc/<name>"), systemd-nspawn ("systemd-nspawn@<name>.service" and
 * machine.slice/machine-<name>.scope), containerd's CRI plug-in ("cri-containerd-").
 */
const namings: readonly CgroupNaming[] = [
  { runtime: 'docker', pattern: new RegExp(`^docker-(${hexId})\\.scope$`) },
  { runtime: 'docker', pattern: new RegExp(`^(${hexId})$`), below: /^docker$/ },
  { runtime: 'containerd', pattern: new RegExp(`^cri-containerd-(${hexId})\\.scope$`) },
  { runtime: 'containerd', pattern: /^nerdctl-([0-9a-f]{64})\.scope$/ },
  { runtime: 'cri-o', pattern: new RegExp(`^crio-(${hexId})(?:\\.scope)?$`) },
  { runtime: 'podman', pattern: new RegExp(`^libpod-(${hexId})(?:\\.scope)?$`) },
  { runtime: 'lxc', pattern: /^lxc\.payload\.([\w.-]{1,128})$/ },
  { runtime: 'lxc', pattern: /^([\w.-]{1,128})$/, below: /^lxc$/ },
  { runtime: 'systemd-nspawn', pattern: /^systemd-nspawn@([^/]{1,128})\.service$/ },
  { runtime: 'systemd-nspawn', pattern: /^machine-([^/]{1,128})\.scope$/, below: /^machine\.slice$/ },
  // containerd without a naming scheme of its own, and Kubernetes with the cgroupfs driver
  { runtime: 'containerd', pattern: new RegExp(`^(${hexId})$`) },
];

/**
 * Pod UID in a component of a Kubernetes path: "pod<uid>" (cgroupfs driver) or
 * "kubepods-burstable-pod<uid with _ for ->.slice" (systemd driver).
 */
const podPattern =
  /(?:^|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/;

/** Longest cgroup path that is looked at; the kernel bounds one to PATH_MAX. */
const pathLimit = 4096;

/**
 * The container that a cgroup path belongs to; undefined for the host's own services and sessions.
 * Of nested containers the innermost is meant.
 * @param path path below the root of a hierarchy, as in `/proc/PID/cgroup`
 */
export function containerOfCgroup(path: string): Container | undefined {
  if (path.length > pathLimit) return undefined;
  // The cri-containerd naming "kubepods-….slice:cri-containerd:<id>" stands in one component.
  const components = path.split('/').map(component => component.split(':').at(-1) ?? '');
  let pod: string | undefined;
  let found: Container | undefined;
  for (const [index, component] of components.entries()) {
    const raw = path.split('/')[index] ?? '';
    const slice = raw.split(':')[0] ?? '';
    pod = podUid(slice) ?? pod;
    const container = containerNamed(component, components.slice(0, index), raw);
    if (container !== undefined) found = container;
  }
  if (found !== undefined && pod !== undefined) found.pod_uuid = pod;
  return found;
}

function containerNamed(component: string, above: readonly string[], raw: string): Container | undefined {
  for (const { runtime, pattern, below } of namings) {
    const uid = pattern.exec(component)?.[1];
    if (uid === undefined) continue;
    if (below !== undefined && !above.some(name => below.test(name))) continue;
    if (below?.source === '^lxc$' && above.at(-1) !== 'lxc') continue;
    return { uid: unescapeUnit(uid), runtime: raw.includes(':cri-containerd:') ? 'containerd' : runtime };
  }
  return undefined;
}

function podUid(component: string): string | undefined {
  return podPattern.exec(component)?.[1]?.replaceAll('_', '-');
}

/** Undoes systemd's escaping of unit names, "\x2d" for "-" (systemd.unit(5)). */
function unescapeUnit(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * The container of a process from `/proc/PID/cgroup`, whose lines are "hierarchy:controllers:path".
 * The v2 line ("0::") is asked first, then those of v1, as hosts with both use v1 for containers.
 */
export function containerOfProcCgroup(text: string): Container | undefined {
  const lines = text.split('\n', 64);
  const unified = lines.find(line => line.startsWith('0::'));
  const first = unified === undefined ? undefined : containerOfCgroup(unified.slice(3));
  if (first !== undefined) return first;
  for (const line of lines) {
    const colon = line.indexOf(':', line.indexOf(':') + 1);
    if (colon < 0 || line.startsWith('0::')) continue;
    const container = containerOfCgroup(line.slice(colon + 1));
    if (container !== undefined) return container;
  }
  return undefined;
}
