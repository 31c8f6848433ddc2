/** Kafka Streams, beside which our windows are measured, and a broker. */
package io.headrace.bench.kafka;
