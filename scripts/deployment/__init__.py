"""The deployment of docker-compose.yaml, run on a Docker engine that this folder starts itself."""
