/** Orders with what a service knows of their customers: asynchronous, looked up many at a time. */
@NullMarked
package io.headrace.samples.enrichment;

import org.jspecify.annotations.NullMarked;
