import { keepMetadata } from './annotations.ts';
import { keepPodTemplate, type Surroundings } from './pod-template.ts';
import { fields, isMap, type Keep, labelSelector, labels, list, matching, presence, scalar } from './raw.ts';

const conditions = list(fields({ type: scalar, status: scalar, reason: scalar, lastTransitionTime: scalar }));

export const WORKLOAD_STATUS: Keep = fields({
  observedGeneration: scalar,
  replicas: scalar,
  updatedReplicas: scalar,
  readyReplicas: scalar,
  availableReplicas: scalar,
  unavailableReplicas: scalar,
  currentNumberScheduled: scalar,
  desiredNumberScheduled: scalar,
  numberReady: scalar,
  numberAvailable: scalar,
  numberUnavailable: scalar,
  updatedNumberScheduled: scalar,
  active: scalar,
  succeeded: scalar,
  failed: scalar,
  conditions,
});

const rollingUpdate = fields({ maxSurge: scalar, maxUnavailable: scalar, partition: scalar });
const updateStrategy = fields({ type: scalar, rollingUpdate, canary: presence, blueGreen: presence });

/** `spec` of everything with a pod template below `spec.template`. */
export function workloadSpec(surroundings: Surroundings): Keep {
  return fields({
    replicas: scalar,
    selector: selectorOf,
    strategy: updateStrategy,
    updateStrategy,
    serviceName: scalar,
    podManagementPolicy: scalar,
    minReadySeconds: scalar,
    paused: scalar,
    suspend: scalar,
    completions: scalar,
    parallelism: scalar,
    activeDeadlineSeconds: scalar,
    workloadRef: fields({ apiVersion: scalar, kind: scalar, name: scalar }),
    template: keepPodTemplate(surroundings),
  });
}

/** A ReplicationController's selector is a plain map. */
const selectorOf: Keep = (raw) => {
  const kept = labelSelector(raw);
  return isMap(kept) && Object.keys(kept).length > 0 ? kept : labels(raw);
};

export function cronJobSpec(surroundings: Surroundings): Keep {
  return fields({
    schedule: matching(/^[\w*/,?#@ =-]{0,100}$/),
    suspend: scalar,
    concurrencyPolicy: scalar,
    jobTemplate: fields({ metadata: keepMetadata, spec: workloadSpec(surroundings) }),
  });
}

const amounts = fields({ averageValue: scalar, averageUtilization: scalar, value: scalar });

/** HorizontalPodAutoscaler, of any version. */
export const AUTOSCALER_SPEC: Keep = fields({
  scaleTargetRef: fields({ apiVersion: scalar, kind: scalar, name: scalar }),
  minReplicas: scalar,
  maxReplicas: scalar,
  targetCPUUtilizationPercentage: scalar,
  metrics: list(
    fields({
      type: scalar,
      resource: fields({ name: scalar, target: fields({ type: scalar, averageValue: scalar, averageUtilization: scalar, value: scalar }) }),
      containerResource: fields({
        name: scalar,
        container: scalar,
        target: fields({ type: scalar, averageValue: scalar, averageUtilization: scalar }),
      }),
    }),
  ),
});

export const AUTOSCALER_STATUS: Keep = fields({
  currentReplicas: scalar,
  desiredReplicas: scalar,
  lastScaleTime: scalar,
  currentMetrics: list(fields({ type: scalar, resource: fields({ name: scalar, current: amounts }) })),
});

/** KEDA's ScaledObject: who is scaled and how far; its triggers hold addresses and credentials. */
export const SCALED_OBJECT_SPEC: Keep = fields({
  scaleTargetRef: fields({ apiVersion: scalar, kind: scalar, name: scalar }),
  minReplicaCount: scalar,
  maxReplicaCount: scalar,
});
