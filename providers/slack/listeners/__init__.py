"""What people do in Slack, each thing translated into one workflow. Nothing slow before the acknowledgement."""
