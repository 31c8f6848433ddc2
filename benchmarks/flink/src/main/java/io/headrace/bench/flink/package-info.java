/** Apache Flink, beside which our windows are measured. */
package io.headrace.bench.flink;
