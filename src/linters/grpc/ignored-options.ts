import type { GrpcChannel, NodeOption } from '../../code/index.ts';
import type { Component } from '../../model/component.ts';
import { dependenciesNamed } from '../../model/project/resolve.ts';

/** Load-balancing options that grpc-js takes without reading them. The native package `grpc` does read both. */
export function ignoredOptions(component: Component): readonly NodeOption[] {
  return component.code.nodeOptions.filter((option) => {
    if (option.test || option.package === 'grpc') return false;
    if (option.key === 'loadBalancingPolicy' && option.hasLoadBalancingConfig) return false;
    return option.package === '@grpc/grpc-js' || !isNative(component);
  });
}

function isNative(component: Component): boolean {
  const named = (name: RegExp): boolean => dependenciesNamed(component.dependencies, 'npm', name).length > 0;
  return named(/^grpc$/) && !named(/^@grpc\/grpc-js$/);
}

/** The channel's options hold such an option: what is wrong with its load balancing is said there. */
export function hasIgnoredOption(component: Component, channel: GrpcChannel): boolean {
  if (channel.language !== 'typescript' && channel.language !== 'javascript') return false;
  return ignoredOptions(component).some(({ keyAt, value }) => {
    if (value?.toLowerCase() === 'pick_first') return false;
    const inCall = keyAt.file === channel.at.file && keyAt.start >= channel.at.start && keyAt.end <= channel.at.end;
    const slot = channel.optionSlot;
    const elsewhere =
      slot !== undefined && !(slot.at.file === channel.at.file && slot.at.start >= channel.at.start && slot.at.end <= channel.at.end);
    return inCall || (elsewhere && slot.style === 'node-entry' && slot.at.file === keyAt.file);
  });
}
