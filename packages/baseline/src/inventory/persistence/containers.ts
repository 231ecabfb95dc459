/** Containers that come back by themselves: Docker's restart policies, Podman's quadlets, Kubernetes' static pods. */
import type { Host } from '../host.ts';
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource, Remark } from './source.ts';
import { oneCommand, sectionsOf, settingOf, settingsOf } from './text.ts';

const docker = '/var/lib/docker/containers';
const quadlets = ['/etc/containers/systemd', '/usr/share/containers/systemd'];
const pods = ['/etc/kubernetes/manifests', '/var/lib/kubelet/manifests'];

type Json = { readonly [name: string]: unknown };

function parsed(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A container of Docker from its `config.v2.json` and `hostconfig.json`; undefined when both are no JSON. */
export function dockerContainer(
  path: string,
  config: string | undefined,
  hostConfig: string | undefined,
): PersistenceItem | undefined {
  const container = parsed(config);
  const settings = parsed(hostConfig);
  if (container === undefined || settings === undefined) return undefined;
  const policy = text(object(settings['RestartPolicy'])['Name']) || 'no';
  const words = [container['Path'], ...(Array.isArray(container['Args']) ? container['Args'] : [])].map(text);
  const binds = Array.isArray(settings['Binds']) ? settings['Binds'].map(text) : [];
  return {
    path,
    name: text(container['Name']).replace(/^\//, ''),
    command: oneCommand(words.join(' ')),
    user: text(object(container['Config'])['User']) || 'root',
    schedule: `restart: ${policy}`,
    enabled: policy !== 'no',
    facts: {
      image: text(object(container['Config'])['Image']),
      privileged: settings['Privileged'] === true,
      host_paths: oneCommand(binds.join(' ')),
      host_pid: settings['PidMode'] === 'host',
    },
  };
}

function* quadletItems(host: Host, folder: string, user: string): Generator<PersistenceItem> {
  for (const path of host.filesIn(folder, name => /\.(?:container|kube|pod)$/.test(name))) {
    const sections = sectionsOf(host.files.text(path) ?? '');
    const command = settingOf(sections, 'Container', 'Exec') ?? settingOf(sections, 'Kube', 'Yaml') ?? '';
    yield {
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      command: oneCommand(command),
      user,
      schedule: `restart: ${settingOf(sections, 'Service', 'Restart') ?? 'unit'}`,
      enabled: settingsOf(sections, 'Install', 'WantedBy').length > 0,
      facts: {
        image: settingOf(sections, 'Container', 'Image') ?? '',
        host_paths: oneCommand(settingsOf(sections, 'Container', 'Volume').join(' ')),
      },
    };
  }
}

export const containers: PersistenceSource = {
  kind: 'container',
  title: { en: 'containers that start by themselves', zh: '自动启动的容器' },
  watched: [
    `${docker}/`,
    ...quadlets.map(folder => `${folder}/`),
    ...pods.map(folder => `${folder}/`),
    '~/.config/containers/systemd/',
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1543.005'],
  severity: 2,
  *collect(host) {
    for (const id of host.files.names(docker)) {
      const folder = joined(docker, id);
      const path = joined(folder, 'hostconfig.json');
      const item = dockerContainer(
        path,
        host.files.text(joined(folder, 'config.v2.json')),
        host.files.text(path),
      );
      if (item !== undefined) yield item;
    }
    for (const folder of quadlets) yield* quadletItems(host, folder, 'root');
    for (const { account, home } of host.homes())
      yield* quadletItems(host, joined(home, '.config/containers/systemd'), account.name);
    for (const folder of pods)
      for (const path of host.filesIn(folder, name => /\.(?:ya?ml|json)$/.test(name)))
        yield { path, name: 'static pod', user: 'root', schedule: 'kubelet', enabled: true };
  },
  remarks(facts) {
    const remarks: Remark[] = [];
    if (facts['privileged'] === true)
      remarks.push({
        text: { en: 'the container is privileged', zh: '容器为特权模式' },
        field: 'privileged',
        value: 'true',
        weight: 2,
      });
    const paths = String(facts['host_paths'] ?? '');
    if (/(?:^|\s)(?:\/|\/(?:etc|root|boot|proc|var\/run\/docker\.sock|run\/docker\.sock)\/?):/.test(paths))
      remarks.push({
        text: { en: 'it has hold of sensitive paths of the host', zh: '挂载了宿主机的敏感路径' },
        field: 'host_paths',
        value: paths,
        weight: 1,
      });
    return remarks;
  },
};
