/** Drills about the network. None sends a packet that leaves the machine. */
import type { Drill } from '../drill.ts';

export const networkDrills: readonly Drill[] = [
  {
    name: 'listener-from-tmp',
    title: { en: 'A program from /tmp listens', zh: '来自 /tmp 的程序开启监听' },
    what: {
      en: 'Runs a tiny program below /tmp that listens on a free loopback port for a moment.',
      zh: '在 /tmp 下运行一个小程序，短暂监听一个空闲的回环端口。',
    },
    technique: { uid: 'T1571', name: 'Non-Standard Port' },
    rules: ['unexpected-listener'],
    needs: ['kernel-sensor'],
    step: ({ directory, tag }) => ['listen-from', `${directory}/worker`, tag],
  },
  {
    name: 'mining-pool',
    title: { en: 'Connect to a mining pool’s port', zh: '连接矿池端口' },
    what: {
      en: 'Connects to port 3333 of 198.51.100.7, a documentation address, in a network namespace without a way out, where that address is the program itself.',
      zh: '在没有出口的独立网络命名空间里连接 198.51.100.7（文档专用地址，即程序自身）的 3333 端口。',
    },
    technique: { uid: 'T1496.001', name: 'Compute Hijacking' },
    rules: ['mining-pool-connection'],
    needs: ['root', 'kernel-sensor'],
    step: ({ tag }) => ['connect-isolated', '198.51.100.7', '3333', tag],
  },
];
