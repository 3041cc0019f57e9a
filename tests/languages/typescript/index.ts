// An endpoint from TypeScript. The settings say where it may live, and how an input is spelt.
import * as pulumi from "@pulumi/pulumi";
import { Endpoint, EndpointArgs } from "./lichen";

const config = new pulumi.Config();
const args: EndpointArgs = {
    workload: {
        name: "vectors",
        model: "BAAI/bge-small-en-v1.5",
        precisions: ["fp32"],
        traffic: { peakRps: 2, inputTokens: 256 },
        latency: { p95Ms: 2000 },
        where: { clouds: ["aws"], hosting: ["sagemaker"], regions: [config.require("region")] },
        environment: "prod",
    },
    aws: { protect: false },
};
const spelt = { [config.get("spelling") || "artifacts"]: "s3://models-{region}/it/" };
const endpoint = new Endpoint("vectors", { ...args, ...spelt });

export const endpointName = endpoint.endpointName;
export const endpointId = endpoint.endpointId;
export const url = endpoint.url;
export const chosen = endpoint.receipt.apply((it) => it.chosen.region);
