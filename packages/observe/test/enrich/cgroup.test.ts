import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { containerOfCgroup, containerOfProcCgroup } from '../../src/index.ts';

const id = '3f4d2ca1b8e9d7c6a5b4938271605f4e3d2c1b0a9f8e7d6c5b4a39281706f5e4';
const pod = '1f2e3d4c-5b6a-7988-9706-f5e4d3c2b1a0';
const escapedPod = pod.replaceAll('-', '_');

/** Paths as the runtimes make them, with what they mean: runtime, container, pod. */
const examples: readonly [path: string, runtime?: string, uid?: string, podUid?: string][] = [
  ['/'],
  ['/init.scope'],
  ['/system.slice/nginx.service'],
  ['/system.slice/docker.service'],
  ['/system.slice/containerd.service'],
  ['/user.slice/user-1000.slice/session-3.scope'],
  ['/user.slice/user-1000.slice/user@1000.service/app.slice/app-foo.scope'],
  ['/kubepods.slice/kubelet.service'],
  ['/lxc'],
  ['/machine.slice'],
  // Docker: systemd and cgroupfs drivers, v1 and v2
  [`/system.slice/docker-${id}.scope`, 'docker', id],
  [`/docker/${id}`, 'docker', id],
  [`/docker/${id}/system.slice/cron.service`, 'docker', id],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${id}.scope`, 'docker', id],
  // Kubernetes with containerd: systemd driver, cgroupfs driver, and containerd's one-component form
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${escapedPod}.slice/cri-containerd-${id}.scope`,
    'containerd',
    id,
    pod,
  ],
  [`/kubepods.slice/kubepods-pod${escapedPod}.slice/cri-containerd-${id}.scope`, 'containerd', id, pod],
  [`/kubepods/besteffort/pod${pod}/${id}`, 'containerd', id, pod],
  [`/kubepods/pod${pod}/${id}`, 'containerd', id, pod],
  [
    `/system.slice/containerd.service/kubepods-burstable-pod${escapedPod}.slice:cri-containerd:${id}`,
    'containerd',
    id,
    pod,
  ],
  // static pods have a UID without dashes
  [
    `/kubepods/burstable/pod0123456789abcdef0123456789abcdef/${id}`,
    'containerd',
    id,
    '0123456789abcdef0123456789abcdef',
  ],
  // Kubernetes with Docker and with CRI-O
  [`/kubepods.slice/kubepods-pod${escapedPod}.slice/docker-${id}.scope`, 'docker', id, pod],
  [`/kubepods.slice/kubepods-pod${escapedPod}.slice/crio-${id}.scope`, 'cri-o', id, pod],
  [`/kubepods.slice/kubepods-pod${escapedPod}.slice/crio-${id}.scope/container`, 'cri-o', id, pod],
  [`/kubepods/burstable/pod${pod}/crio-${id}`, 'cri-o', id, pod],
  // kind: a node is a container, its pods are containers within
  [
    `/docker/${'a'.repeat(64)}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${escapedPod}.slice/cri-containerd-${id}.scope`,
    'containerd',
    id,
    pod,
  ],
  // Podman: root, rootless, with conmon beside it
  [`/machine.slice/libpod-${id}.scope`, 'podman', id],
  [`/machine.slice/libpod-${id}.scope/container`, 'podman', id],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`, 'podman', id],
  [`/libpod_parent/libpod-${id}`, 'podman', id],
  [`/machine.slice/libpod-conmon-${id}.scope`],
  // containerd without Kubernetes
  [`/default/${id}`, 'containerd', id],
  [`/system.slice/nerdctl-${id}.scope`, 'containerd', id],
  // LXC and systemd-nspawn
  ['/lxc.payload.web01', 'lxc', 'web01'],
  ['/lxc.payload.web01/system.slice/nginx.service', 'lxc', 'web01'],
  ['/lxc.monitor.web01'],
  ['/lxc/web01', 'lxc', 'web01'],
  ['/lxc/web01/init.scope', 'lxc', 'web01'],
  ['/machine.slice/systemd-nspawn@build.service/payload', 'systemd-nspawn', 'build'],
  ['/machine.slice/machine-build\\x2dbox.scope', 'systemd-nspawn', 'build-box'],
  // ids of the wrong length or alphabet are no containers
  [`/docker/${id.slice(1)}`],
  [`/docker/${id.toUpperCase()}`],
];

for (const [path, runtime, uid, podUid] of examples) {
  test(`cgroup ${path}`, () => {
    const expected =
      runtime === undefined
        ? undefined
        : { uid, runtime, ...(podUid === undefined ? {} : { pod_uuid: podUid }) };
    assert.deepEqual(containerOfCgroup(path), expected);
  });
}

test('/proc/PID/cgroup: unified first, then any hierarchy of version 1', () => {
  assert.equal(containerOfProcCgroup(`0::/system.slice/docker-${id}.scope\n`)?.uid, id);
  assert.equal(
    containerOfProcCgroup(`12:pids:/docker/${id}\n1:name=systemd:/docker/${id}\n0::/\n`)?.runtime,
    'docker',
  );
  assert.equal(containerOfProcCgroup(`5:net_cls,net_prio:/lxc/a\n`)?.uid, 'a');
  assert.equal(
    containerOfProcCgroup('1:name=systemd:/system.slice/cron.service\n0::/system.slice/cron.service\n'),
    undefined,
  );
  assert.equal(containerOfProcCgroup(''), undefined);
});

test('no path makes it fail, or name a container with an odd id', () => {
  const component = fc.oneof(
    fc.string(),
    fc.constantFrom('docker', 'lxc', 'kubepods', id, `docker-${id}.scope`, `pod${pod}`, 'machine.slice'),
  );
  fc.assert(
    fc.property(fc.array(component, { maxLength: 12 }), components => {
      const container = containerOfCgroup(`/${components.join('/')}`);
      if (container !== undefined) assert.match(container.uid, /^[^/\n]{1,128}$/);
    }),
  );
});
