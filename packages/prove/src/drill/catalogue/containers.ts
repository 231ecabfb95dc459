/** Drills about containers and namespaces. */
import type { Drill } from '../drill.ts';

export const containerDrills: readonly Drill[] = [
  {
    name: 'join-host-namespace',
    title: { en: 'Enter the host’s namespace', zh: '进入主机的命名空间' },
    what: {
      en: 'Leaves the host’s mount namespace and enters it again, as an escape from a container would. Nothing is done there.',
      zh: '先离开主机的挂载命名空间，再像容器逃逸那样重新进入，但不做任何事。',
    },
    technique: { uid: 'T1611', name: 'Escape to Host' },
    rules: ['namespace-join-host'],
    needs: ['root', 'kernel-sensor'],
    step: ({ tag }) => ['join-host', tag],
  },
  {
    name: 'container-host-write',
    title: { en: 'A container writes to the host', zh: '容器写入主机路径' },
    what: {
      en: 'In a control group named like a Docker container’s and namespaces of its own, mounts and writes to a private, empty /etc/cron.d.',
      zh: '在名称类似 Docker 容器的控制组和独立命名空间中，挂载并写入私有的空 /etc/cron.d。',
    },
    technique: { uid: 'T1611', name: 'Escape to Host' },
    rules: ['container-writes-host'],
    needs: ['root', 'kernel-sensor'],
    inContainerGroup: true,
    step: ({ tag }) => ['container-write', '/etc', `/etc/cron.d/${tag}`, tag],
  },
];
