package io.headrace.local.conformance;

import io.headrace.local.LocalKinesis;

/** Where the server keeps its records. */
enum Store {
  MEMORY {
    @Override
    LocalKinesis.Builder on(LocalKinesis.Builder builder) {
      return builder;
    }
  };

  abstract LocalKinesis.Builder on(LocalKinesis.Builder builder);
}
