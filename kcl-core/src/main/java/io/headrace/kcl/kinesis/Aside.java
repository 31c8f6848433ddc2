package io.headrace.kcl.kinesis;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.reactivestreams.Publisher;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/**
 * Keeps the records of one call from the SDK, whose model takes most of what they cost: they are
 * read from the bytes of the answer, and the SDK gets these without them. Signing, retries and the
 * errors that an answer begins with stay the SDK's.
 *
 * <p>One for each call, of which {@link Taking} knows by an attribute.
 */
sealed interface Aside permits RecordsAside, EventsAside {
  /** The call's own. */
  ExecutionAttribute<Aside> OF_CALL = new ExecutionAttribute<>("HeadraceAside");

  /** The answer's body as the SDK is to get it; asked once for each try, when its head is there. */
  Optional<Publisher<ByteBuffer>> taking(Context.ModifyHttpResponse answer);

  /** Of a client, or of one call: takes the records of calls that have the attribute. Stateless. */
  final class Taking implements ExecutionInterceptor {
    @Override
    public Optional<Publisher<ByteBuffer>> modifyAsyncHttpResponseContent(
        Context.ModifyHttpResponse answer, ExecutionAttributes attributes) {
      var aside = attributes.getAttribute(OF_CALL);
      return aside == null ? answer.responsePublisher() : aside.taking(answer);
    }
  }
}
