package com.example.shop.catalog;

import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import java.net.URL;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;

/** Links to the pictures of products; each is signed, so each needs a credential. */
public final class Pictures {
  private final AmazonS3 s3 = AmazonS3ClientBuilder.defaultClient();

  public URL link(String product) {
    Date until = Date.from(Instant.now().plus(Duration.ofMinutes(5)));
    return s3.generatePresignedUrl("example-catalog-pictures", product + ".jpg", until);
  }
}
