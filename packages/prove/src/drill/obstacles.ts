/** Why a step cannot be made on a host, in both languages: the native program says it in English. */
import type { Bilingual } from '@redoubt/model';

/** What packages/prove/native says with `not_here`. */
const chinese: Readonly<Record<string, string>> = {
  'this kernel cannot load modules': '此内核不能加载模块',
  'this host refuses to execute files there': '本机拒绝在该处执行文件',
  'this host does not have the file': '本机没有该文件',
  'this host refuses memory that is writable and executable': '本机拒绝可写且可执行的内存',
  'this host has no control groups that a drill could use': '本机没有演练可用的控制组',
  'no directory on this host leads to the path': '本机没有通往该路径的目录',
  'path too long': '路径过长',
  'the path of the shared object is too long': '共享对象的路径过长',
};

/** The words of a step in both languages; words that are not known stay as they are. */
export function obstacleText(detail: string): Bilingual {
  const known = Object.keys(chinese).find(text => detail.endsWith(text));
  return { en: detail, zh: known === undefined ? detail : (chinese[known] ?? detail) };
}
