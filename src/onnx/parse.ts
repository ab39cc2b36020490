/** Bytes to ModelProto. */

import { fromBinary } from '@bufbuild/protobuf';
import type { ModelProto } from './gen/onnx_pb.ts';
import { ModelProtoSchema } from './gen/onnx_pb.ts';

/** Null for bytes that are no ModelProto. */
export function parseModel(bytes: Uint8Array): ModelProto | null {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch {
    return null;
  }
}
