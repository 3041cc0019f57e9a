// An endpoint from Go. The settings say where it may live, and how an input is spelt.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// Endpoint is what `pulumi package add` would generate, by hand.
type Endpoint struct {
	pulumi.ResourceState

	EndpointName pulumi.StringOutput `pulumi:"endpointName"`
	EndpointID   pulumi.StringOutput `pulumi:"endpointId"`
	URL          pulumi.StringOutput `pulumi:"url"`
	Region       pulumi.StringOutput `pulumi:"region"`
}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		spelling := config.Get(ctx, "spelling")
		if spelling == "" {
			spelling = "artifacts"
		}
		args := pulumi.Map{
			"workload": pulumi.Map{
				"name":       pulumi.String("vectors"),
				"model":      pulumi.String("BAAI/bge-small-en-v1.5"),
				"precisions": pulumi.ToStringArray([]string{"fp32"}),
				"traffic":    pulumi.Map{"peakRps": pulumi.Int(2), "inputTokens": pulumi.Int(256)},
				"latency":    pulumi.Map{"p95Ms": pulumi.Int(2000)},
				"where": pulumi.Map{
					"clouds":  pulumi.ToStringArray([]string{"aws"}),
					"hosting": pulumi.ToStringArray([]string{"sagemaker"}),
					"regions": pulumi.ToStringArray([]string{config.Require(ctx, "region")}),
				},
				"environment": pulumi.String("prod"),
			},
			"aws":    pulumi.Map{"protect": pulumi.Bool(false)},
			spelling: pulumi.String("s3://models-{region}/it/"),
		}
		var made Endpoint
		err := ctx.RegisterRemoteComponentResource("lichen:index:Endpoint", "vectors", args, &made)
		if err != nil {
			return err
		}
		ctx.Export("endpointName", made.EndpointName)
		ctx.Export("endpointId", made.EndpointID)
		ctx.Export("url", made.URL)
		ctx.Export("chosen", made.Region)
		return nil
	})
}
