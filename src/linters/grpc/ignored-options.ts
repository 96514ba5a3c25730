import type { GrpcChannel, NodeOption } from '../../code/index.ts';
import type { Component } from '../../model/component.ts';
import { oncePer } from '../../text/once.ts';
import { covers } from '../../text/source.ts';
import { isVendoredPath } from '../../text/vendored.ts';
import { dependenciesNamed } from '../../model/project/resolve.ts';

/** Load-balancing options that grpc-js takes without reading them. The native package `grpc` does read both. */
export const ignoredOptions = oncePer((component: Component): readonly NodeOption[] =>
  component.code.nodeOptions.filter((option) => {
    if (option.test || option.package === 'grpc' || isVendoredPath(option.keyAt.file.path)) return false;
    if (option.key === 'loadBalancingPolicy' && option.hasLoadBalancingConfig) return false;
    return option.package === '@grpc/grpc-js' || !isNative(component);
  }),
);

function isNative(component: Component): boolean {
  const named = (name: RegExp): boolean => dependenciesNamed(component.dependencies, 'npm', name).length > 0;
  return named(/^grpc$/) && !named(/^@grpc\/grpc-js$/);
}

/** The channel's options hold such an option: what is wrong with its load balancing is said there. */
export function hasIgnoredOption(component: Component, channel: GrpcChannel): boolean {
  return ignoredOptions(component).some((option) => option.value?.toLowerCase() !== 'pick_first' && optionsOf(channel, option));
}

/** Is the option one of the channel's: in its call, or in an object that stands elsewhere in the file? */
export function optionsOf(channel: GrpcChannel, { keyAt }: NodeOption): boolean {
  if (covers(channel.at, keyAt)) return true;
  const slot = channel.optionSlot;
  return slot !== undefined && slot.at.file === keyAt.file && !covers(channel.at, slot.at);
}
