// What `pulumi package add` would generate, by hand: its host for Node is not to be had here.
import * as pulumi from "@pulumi/pulumi";

export interface WorkloadArgs {
    name: string;
    model?: string;
    traffic: { peakRps: number; inputTokens?: number; outputTokens?: number };
    precisions?: string[];
    latency?: { p95Ms?: number };
    where?: { clouds?: string[]; hosting?: string[]; regions?: string[] };
    environment?: "dev" | "staging" | "prod";
}

export interface EndpointArgs {
    workload?: WorkloadArgs;
    workloadFile?: string;
    artifacts?: pulumi.Input<string>;
    aws?: { protect?: boolean };
}

export class Endpoint extends pulumi.ComponentResource {
    readonly endpointName!: pulumi.Output<string>;
    readonly endpointId!: pulumi.Output<string>;
    readonly url!: pulumi.Output<string>;
    readonly machine!: pulumi.Output<string>;
    readonly region!: pulumi.Output<string>;
    readonly receipt!: pulumi.Output<any>;

    constructor(name: string, args: EndpointArgs, opts?: pulumi.ComponentResourceOptions) {
        const outputs = {
            endpointName: undefined, endpointId: undefined, url: undefined,
            machine: undefined, region: undefined, receipt: undefined,
        };
        super("lichen:index:Endpoint", name, { ...outputs, ...args }, opts, true);
    }
}
