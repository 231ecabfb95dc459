/** Names of the inventory's states, known before any of their code is loaded. */
import type { Bilingual } from '@redoubt/model';

export const inventoryTitles = {
  persistence: { en: 'start-up items', zh: '自启动项' },
  accounts: { en: 'accounts and groups', zh: '账号与用户组' },
  'privileged-files': { en: 'set-uid, set-gid and capability files', zh: 'set-uid、set-gid 与能力文件' },
  certificates: { en: 'trusted roots and server certificates', zh: '受信任根证书与服务器证书' },
  services: { en: 'running services', zh: '运行中的服务' },
  listeners: { en: 'listening ports', zh: '监听端口' },
  modules: { en: 'loaded kernel modules', zh: '已加载的内核模块' },
  mounts: { en: 'mounts', zh: '挂载' },
  routes: { en: 'routes', zh: '路由' },
  'kernel-parameters': { en: 'kernel parameters', zh: '内核参数' },
} as const satisfies Readonly<Record<string, Bilingual>>;

export type InventoryName = keyof typeof inventoryTitles;
