// Reads the part of glTF 2.0 binary that head.glb uses: one skin, textured triangle primitives.

const ARRAYS = {
  5120: Int8Array, 5121: Uint8Array, 5122: Int16Array,
  5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array,
};
const WIDTHS = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };
const MAGIC = 0x46546c67;

/**
 * @param {ArrayBuffer} buffer
 * @returns {Promise<{joints: {name: string, parent: number, translation: number[]}[],
 *   inverseBind: Float32Array, primitives: object[]}>} joints in the skin's order, parent -1 for
 *   a root; inverseBind holds 16 column-major floats a joint.
 */
export async function loadHead(buffer) {
  const { json, binary } = chunks(buffer);
  const file = new File(json, binary);
  const skin = json.skins[0];
  return {
    joints: joints(json, skin),
    inverseBind: file.accessor(skin.inverseBindMatrices),
    primitives: await Promise.all(skinnedPrimitives(json).map((each) => file.primitive(each))),
  };
}

function chunks(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("head.glb is not a GLB file");
  const size = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 20, size)));
  return { json, binary: new Uint8Array(buffer, 20 + size + 8) };
}

function joints(json, skin) {
  const parents = new Map();
  json.nodes.forEach((node, i) => (node.children ?? []).forEach((child) => parents.set(child, i)));
  return skin.joints.map((index) => ({
    name: json.nodes[index].name,
    parent: skin.joints.indexOf(parents.get(index) ?? -1),
    translation: json.nodes[index].translation ?? [0, 0, 0],
  }));
}

function skinnedPrimitives(json) {
  const nodes = json.nodes.filter((node) => node.mesh !== undefined && node.skin !== undefined);
  return nodes.flatMap((node) =>
    json.meshes[node.mesh].primitives.map((primitive) => ({
      ...primitive,
      name: json.meshes[node.mesh].name ?? node.name,
    })),
  );
}

class File {
  constructor(json, binary) {
    this.json = json;
    this.binary = binary;
    this.images = new Map();
  }

  /** A packed copy of an accessor's numbers. */
  accessor(index) {
    const accessor = this.json.accessors[index];
    const view = this.json.bufferViews[accessor.bufferView];
    const Type = ARRAYS[accessor.componentType];
    const width = WIDTHS[accessor.type];
    const out = new Type(accessor.count * width);
    const stride = view.byteStride ?? width * Type.BYTES_PER_ELEMENT;
    const start = this.binary.byteOffset + (view.byteOffset ?? 0) + (accessor.byteOffset ?? 0);
    if (stride === width * Type.BYTES_PER_ELEMENT) {
      out.set(new Type(this.binary.buffer.slice(start, start + out.byteLength)));
      return out;
    }
    for (let i = 0; i < accessor.count; i++) {
      const at = start + i * stride;
      const end = at + width * Type.BYTES_PER_ELEMENT;
      out.set(new Type(this.binary.buffer.slice(at, end)), i * width);
    }
    return out;
  }

  async primitive(primitive) {
    const { attributes } = primitive;
    const material = this.json.materials[primitive.material] ?? {};
    const surface = material.pbrMetallicRoughness ?? {};
    return {
      name: material.name ?? primitive.name,
      positions: this.accessor(attributes.POSITION),
      normals: this.accessor(attributes.NORMAL),
      uvs: attributes.TEXCOORD_0 === undefined ? null : this.accessor(attributes.TEXCOORD_0),
      joints: Uint16Array.from(this.accessor(attributes.JOINTS_0)),
      weights: this.weights(attributes.WEIGHTS_0),
      triangles: Uint32Array.from(this.accessor(primitive.indices)),
      color: surface.baseColorFactor ?? [1, 1, 1, 1],
      roughness: surface.roughnessFactor ?? 1,
      alphaMode: material.alphaMode ?? "OPAQUE",
      alphaCutoff: material.alphaCutoff ?? 0.5,
      doubleSided: material.doubleSided ?? false,
      image: await this.image(surface.baseColorTexture),
    };
  }

  weights(index) {
    const values = this.accessor(index);
    const scale = { Uint8Array: 1 / 255, Uint16Array: 1 / 65535, Float32Array: 1 };
    const factor = scale[values.constructor.name];
    return Float32Array.from(values, (value) => value * factor);
  }

  image(texture) {
    if (texture === undefined) return null;
    const index = this.json.textures[texture.index].source;
    if (!this.images.has(index)) this.images.set(index, this.decodeImage(this.json.images[index]));
    return this.images.get(index);
  }

  decodeImage(image) {
    const view = this.json.bufferViews[image.bufferView];
    const start = view.byteOffset ?? 0;
    const bytes = this.binary.slice(start, start + view.byteLength);
    return createImageBitmap(new Blob([bytes], { type: image.mimeType }), {
      premultiplyAlpha: "none",
      colorSpaceConversion: "none",
    });
  }
}
