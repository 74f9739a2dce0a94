# The program with Python and uv, for any CI that runs containers:
#
#   docker run -v "$PWD:/project" IMAGE run JOB
#   docker run -v "$PWD:/project" --read-only --tmpfs /tmp --init IMAGE serve --local
#
# The jobs' history is kept in the project's folder .scheduled, so the user of the
# container must be able to write there. If the project does not belong to user 1000,
# add --user "$(id -u):$(id -g)".
ARG GO_IMAGE=docker.io/library/golang:1.26
ARG PYTHON_IMAGE=docker.io/library/python:3.14-slim

FROM --platform=$BUILDPLATFORM $GO_IMAGE AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
COPY testdata testdata
ARG TARGETOS
ARG TARGETARCH
ARG VERSION
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /scheduled ./cmd/scheduled

FROM --platform=$BUILDPLATFORM $PYTHON_IMAGE AS uv
RUN echo "uv==0.13.8 \
      --hash=sha256:e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984 \
      --hash=sha256:0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d" >/requirements.txt
ARG TARGETARCH
RUN case $TARGETARCH in amd64) machine=x86_64 ;; arm64) machine=aarch64 ;; esac && \
    python3 -m pip install --no-cache-dir --target /uv --only-binary :all: --platform "manylinux_2_17_$machine" \
      --require-hashes --requirement /requirements.txt

# No step runs in this stage, so that one machine builds it for all platforms.
FROM $PYTHON_IMAGE
COPY --from=uv /uv/bin/uv /usr/local/bin/
COPY --from=program /scheduled /usr/local/bin/
# A user that --user names has no home in this image; uv needs one to write to.
ENV HOME=/tmp
USER 1000:1000
WORKDIR /project
ENTRYPOINT ["scheduled"]
