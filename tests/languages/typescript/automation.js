// The same endpoint by the Automation API: `node automation.js PACK COMPONENTS`. The policy pack
// judges a preview; then it is made, its outputs are printed, and it is destroyed.
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const pulumi = require("@pulumi/pulumi");

class Endpoint extends pulumi.ComponentResource {
    constructor(name, args) {
        const outputs = { endpointName: undefined, endpointId: undefined };
        super("lichen:index:Endpoint", name, { ...outputs, ...args }, {}, true);
    }
}

async function program() {
    const endpoint = new Endpoint("vectors", {
        workload: {
            name: "vectors",
            model: "BAAI/bge-small-en-v1.5",
            precisions: ["fp32"],
            traffic: { peakRps: 2, inputTokens: 256 },
            latency: { p95Ms: 2000 },
            where: { clouds: ["aws"], hosting: ["sagemaker"], regions: [process.env.REGION] },
            environment: "prod",
        },
        artifacts: "s3://models-{region}/it/",
        aws: { protect: false },
    });
    return { endpointName: endpoint.endpointName, endpointId: endpoint.endpointId };
}

async function main(pack, components) {
    const plugins = { providers: [{ name: "lichen", path: components }] };
    const project = { name: "lichen-automation", runtime: "nodejs", plugins };
    const named = { stackName: "prod", projectName: project.name, program };
    const stack = await LocalWorkspace.createOrSelectStack(named, { projectSettings: project });
    await stack.setConfig("aws:region", { value: "us-east-1" });
    await stack.preview({ policyPacks: [pack] });
    const made = await stack.up({ policyPacks: [pack] });
    console.log(JSON.stringify(made.outputs));
    await stack.destroy();
}

main(...process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exit(1);
});
