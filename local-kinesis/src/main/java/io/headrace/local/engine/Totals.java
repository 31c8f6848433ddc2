package io.headrace.local.engine;

/**
 * What a server holds, over all accounts and regions.
 *
 * @param openShards of these streams
 * @param subscriptions that are open to shards of these streams
 * @param recordBytes the memory that records take
 * @param recordBytesMax the memory that they may take
 */
public record Totals(
    int streams, int openShards, int subscriptions, long recordBytes, long recordBytesMax) {}
